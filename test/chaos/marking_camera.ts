/** A simulated camera whose pictures are those of the demo clip, each with a number of its own in front. */
import type { Clock, Timer } from '../../src/clock/clock.ts';
import { H264Packetizer } from '../../src/rtp/h264_packetizer.ts';
import { defaultAuthentication } from '../../src/rtsp/server_authentication.ts';
import type {
  PlaybackRequest,
  Playing,
  ServerPlayback,
  ServerResource,
} from '../../src/rtsp/server_resource.ts';
import type { Clip } from '../../src/simulator/clip.ts';
import { rtpTimestamp } from '../../src/units/time.ts';
import { markNalUnit } from './picture_marks.ts';

export const pictureMs = 40;
const pictureTicks = 3_600;
const payloadType = 96;
const tickMs = 5;

/** From PLAY to the end of the connection. */
export interface CameraSession {
  readonly firstMs: number;
  readonly firstNumber: number;
  lastMs: number;
  lastNumber: number;
  ended: boolean;
}

export class MarkingCamera implements ServerResource {
  readonly path: string;
  readonly credentials = undefined;
  readonly authentication = defaultAuthentication;
  readonly transports = ['tcp'] as const;
  readonly controls = ['trackID=0'];
  readonly description: string;
  readonly sessions: CameraSession[] = [];
  readonly clock: Clock;
  readonly clip: Clip;
  readonly number: number;
  /** Filling of each picture. */
  readonly paddingBytes: number;
  nextNumber = 0;

  constructor(options: { number: number; clip: Clip; clock: Clock; paddingBytes?: number }) {
    this.number = options.number;
    this.path = `camera-${options.number}`;
    this.clock = options.clock;
    this.clip = options.clip;
    this.paddingBytes = options.paddingBytes ?? 0;
    const sets = this.clip.pictures[0]!.nalUnits.filter((nalUnit) => [7, 8].includes(nalUnit[0]! & 0x1f));
    this.description = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=Marks',
      't=0 0',
      `m=video 0 RTP/AVP ${payloadType}`,
      `a=rtpmap:${payloadType} H264/90000`,
      `a=fmtp:${payloadType} packetization-mode=1;sprop-parameter-sets=${sets.map((set) => Buffer.from(set).toString('base64')).join(',')}`,
      'a=control:trackID=0',
      '',
    ].join('\r\n');
  }

  announcedSsrc(): undefined {}

  open(request: PlaybackRequest): ServerPlayback {
    return new MarkingPlayback(this, request);
  }
}

/** Begins at a key frame, as soon as it is asked to. */
class MarkingPlayback implements ServerPlayback {
  readonly #camera: MarkingCamera;
  readonly #request: PlaybackRequest;
  readonly #packetizer = new H264Packetizer({ payloadType, ssrc: 1, maxPayloadBytes: 1_400 });
  #timer: Timer | undefined;
  #startMs = 0;
  #sent = 0;
  #session: CameraSession | undefined;

  constructor(camera: MarkingCamera, request: PlaybackRequest) {
    this.#camera = camera;
    this.#request = request;
  }

  play(): Playing {
    const { clock } = this.#camera;
    this.#startMs = clock.monotonic();
    this.#timer ??= clock.every(tickMs, () => this.#sendDue());
    const first = new Map([[0, { sequenceNumber: 0, rtpTimestamp: 0 }]]);
    return { first, range: { unit: 'npt', start: 'now' } };
  }

  pause(): void {}

  close(): void {
    this.#timer?.cancel();
    if (this.#session) this.#session.ended = true;
  }

  #sendDue(): void {
    const due = Math.floor((this.#camera.clock.monotonic() - this.#startMs) / pictureMs);
    while (this.#sent <= due) this.#send(this.#sent++);
  }

  #send(index: number): void {
    const { clip, clock, number: camera, paddingBytes } = this.#camera;
    const number = this.#camera.nextNumber++;
    const sentMs = Math.round(clock.now());
    const { nalUnits } = clip.pictures[index % clip.pictures.length]!;
    const firstSlice = nalUnits.findIndex((nalUnit) => (nalUnit[0]! & 0x1f) <= 5);
    const mark = markNalUnit({ camera, number, sentMs }, paddingBytes);
    const marked = [...nalUnits.slice(0, firstSlice), mark, ...nalUnits.slice(firstSlice)];
    const packets = this.#packetizer.packetize(marked, rtpTimestamp((index * pictureTicks) % 2 ** 32));
    const { rtp } = this.#request.channels.get(0)!;
    const outcome = this.#request.output.send(framed(packets, rtp));
    if (outcome === 'gone' || outcome === 'refused') return;
    if (!this.#session) {
      this.#session = {
        firstMs: sentMs,
        firstNumber: number,
        lastMs: sentMs,
        lastNumber: number,
        ended: false,
      };
      this.#camera.sessions.push(this.#session);
    }
    this.#session.lastMs = sentMs;
    this.#session.lastNumber = number;
  }
}

function framed(packets: readonly Buffer[], channel: number): Buffer {
  return Buffer.concat(
    packets.flatMap((packet) => [
      Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]),
      packet,
    ]),
  );
}
