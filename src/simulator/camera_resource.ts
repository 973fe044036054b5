import { randomInt } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { formatRange } from '../rtsp/range.ts';
import { defaultAuthentication } from '../rtsp/server_authentication.ts';
import type { PlaybackRequest, ServerPlayback, ServerResource } from '../rtsp/server_resource.ts';
import type { Archive, ArchivePart } from './archive.ts';
import type { CameraCounters, SimulatedCamera } from './camera.ts';
import { CameraPlayback, type PlanBegin } from './camera_playback.ts';
import type { Clip } from './clip.ts';
import { audioControl, describeClip, metadataControl, videoControl } from './description.ts';
import { type PreparedTrack, prepareAudio, prepareMetadata, prepareVideo } from './prepared_clip.ts';
import { RoughOutput } from './rough_network.ts';
import type { SendBuffer } from './send_buffer.ts';
import { type PlannedMedium, SendPlan } from './send_plan.ts';
import type { SendWheel } from './send_wheel.ts';

const defaultMaxPayloadBytes = 1400;

/** The packets of clips that some camera shows already, by clip and packet size. */
export class PreparedClips {
  readonly #video = new WeakMap<Clip, Map<number, PreparedTrack>>();
  readonly #audio = new WeakMap<Clip, Map<number, PreparedTrack | undefined>>();
  readonly #metadata = new Map<number, PreparedTrack>();

  video(clip: Clip, maxPayloadBytes: number): PreparedTrack {
    return cached(this.#video, clip, maxPayloadBytes, () => prepareVideo(clip, maxPayloadBytes));
  }

  audio(clip: Clip, maxPayloadBytes: number): PreparedTrack | undefined {
    return cached(this.#audio, clip, maxPayloadBytes, () => prepareAudio(clip, maxPayloadBytes));
  }

  metadata(maxPayloadBytes: number): PreparedTrack {
    const track = this.#metadata.get(maxPayloadBytes) ?? prepareMetadata(maxPayloadBytes);
    this.#metadata.set(maxPayloadBytes, track);
    return track;
  }
}

const controlOf = { video: videoControl, audio: audioControl, metadata: metadataControl } as const;

function cached<Value>(
  cache: WeakMap<Clip, Map<number, Value>>,
  clip: Clip,
  size: number,
  make: () => Value,
): Value {
  const bySize = cache.get(clip) ?? new Map<number, Value>();
  cache.set(clip, bySize);
  if (!bySize.has(size)) bySize.set(size, make());
  return bySize.get(size)!;
}

export interface CameraResourceOptions {
  readonly camera: SimulatedCamera;
  readonly clock: Clock;
  readonly wheel: SendWheel;
  readonly buffer: SendBuffer;
  readonly clips: PreparedClips;
  /** The demo clip, and the one of another size that a change of parameters shows. */
  readonly demo: { readonly main: Clip; readonly sub: Clip };
}

/** A camera as a resource of the RTSP server. */
export class CameraResource implements ServerResource {
  readonly path: string;
  readonly credentials: ServerResource['credentials'];
  readonly authentication: ServerResource['authentication'];
  readonly transports: ServerResource['transports'];
  readonly description: string;
  readonly controls: readonly string[];
  readonly replay: boolean;
  readonly camera: SimulatedCamera;
  readonly counters: CameraCounters;
  readonly #options: CameraResourceOptions;
  readonly #tracks: readonly PreparedTrack[];
  readonly #changedTrack: PreparedTrack | undefined;
  readonly #ssrcs: readonly number[];

  constructor(options: CameraResourceOptions) {
    const { camera, clips, demo } = options;
    this.#options = options;
    this.camera = camera;
    this.path = camera.path;
    this.replay = camera.recordedFromMs !== undefined && camera.replay !== false;
    this.credentials =
      camera.username === undefined
        ? undefined
        : { username: camera.username, password: camera.password ?? '' };
    this.transports = camera.transports ?? ['tcp', 'udp'];
    this.authentication = { ...defaultAuthentication, ...camera.authentication };
    this.counters = {
      sessions: 0,
      playing: 0,
      framesSent: 0,
      audioFramesSent: 0,
      metadataDocumentsSent: 0,
      packetsSent: 0,
      bytesSent: 0,
      unitsRefused: 0,
    };
    const clip = camera.clip ?? demo.main;
    const size = camera.maxPayloadBytes ?? defaultMaxPayloadBytes;
    const framesPerSecond = camera.framesPerSecond ?? clip.framesPerSecond;
    const ownRate = framesPerSecond === clip.framesPerSecond;
    const audio = camera.audio === false || !ownRate ? undefined : clips.audio(clip, size);
    const video = withRate(clips.video(clip, size), framesPerSecond);
    const metadata = camera.metadata ? clips.metadata(size) : undefined;
    this.#tracks = [video, ...(audio ? [audio] : []), ...(metadata ? [metadata] : [])];
    this.#changedTrack =
      camera.faults?.parameterChangeAtFrame === undefined
        ? undefined
        : withRate(clips.video(clip === demo.sub ? demo.main : demo.sub, size), framesPerSecond);
    this.controls = this.#tracks.map(({ kind }) => controlOf[kind]);
    const archive = this.#archive;
    this.description = describeClip(clip, {
      audio: audio !== undefined,
      metadata: metadata !== undefined,
      framesPerSecond,
      ...(archive && { range: formatRange({ unit: 'npt', start: 0, end: archive.seconds }) }),
    });
    this.#ssrcs = this.#tracks.map(() => randomInt(2 ** 32));
  }

  announcedSsrc(medium: number): number | undefined {
    const ssrc = this.#ssrcs[medium];
    return ssrc !== undefined && this.camera.faults?.wrongSsrc ? (ssrc ^ 0xffffffff) >>> 0 : ssrc;
  }

  open(request: PlaybackRequest): ServerPlayback {
    const { camera } = this;
    const { clock, wheel, buffer } = this.#options;
    const media = [...request.channels]
      .map(([index, channels]) => ({ index, channels, kind: this.#tracks[index]!.kind }))
      .sort((a, b) => a.index - b.index);
    const { silentOver, ...others } = camera.faults ?? {};
    const faults = silentOver === request.transport ? { ...others, silentAfterPlay: true } : others;
    const plan = ({ part, sequenceNumbers, ...begin }: PlanBegin) =>
      new SendPlan({
        ...begin,
        media: media.map(({ index }, position) => ({
          ...this.#plannedMedium(index, part?.from),
          ...(sequenceNumbers && { firstSequenceNumber: sequenceNumbers[position]! }),
        })),
        finiteFrames: part ? this.#framesOf(part) : camera.finiteFrames,
        atEnd: camera.atEnd ?? 'close',
        burstFrames: camera.burstFrames ?? 0,
        faults,
        changedTrack: media[0]?.index === 0 ? this.#changedTrack : undefined,
      });
    const early = faults.packetsBeforePlayReply === true;
    return new CameraPlayback({
      clock,
      output: faults.network ? new RoughOutput(request.output, faults.network) : request.output,
      wheel,
      buffer,
      counters: this.counters,
      plan,
      archive: this.#archive,
      media,
      early,
      spreadMs: this.camera.spreadMs ?? 0,
    });
  }

  get #archive(): Archive | undefined {
    const { recordedFromMs } = this.camera;
    const { units, unitsPerSecond } = this.#tracks[0]!;
    const seconds = (units.length * unitsPerSecond.seconds) / unitsPerSecond.count;
    return recordedFromMs === undefined ? undefined : { startMs: recordedFromMs, seconds };
  }

  /** Pictures from the key frame on that the part begins with. */
  #framesOf({ from, to }: ArchivePart): number {
    const { unitsPerSecond, units } = this.#tracks[0]!;
    const last = Math.min(units.length, Math.ceil((to * unitsPerSecond.count) / unitsPerSecond.seconds));
    return last - this.#firstUnit(0, from);
  }

  #plannedMedium(index: number, fromSeconds?: number): PlannedMedium {
    const faults = this.camera.faults ?? {};
    return {
      track: this.#tracks[index]!,
      ssrc: this.#ssrcs[index]!,
      firstSequenceNumber: faults.firstSequenceNumber ?? randomInt(2 ** 16),
      firstRtpTimestamp: faults.firstRtpTimestamp ?? randomInt(2 ** 32),
      firstUnit: this.#firstUnit(index, fromSeconds),
    };
  }

  /** The key frame at or before an instant, or `startFrame`, and the audio frame of the same instant. */
  #firstUnit(index: number, fromSeconds?: number): number {
    const video = this.#tracks[0]!;
    const { count, seconds: unitSeconds } = video.unitsPerSecond;
    const startFrame =
      fromSeconds === undefined ? this.camera.startFrame : Math.floor((fromSeconds * count) / unitSeconds);
    let frame = (startFrame ?? 0) % video.units.length;
    while (frame > 0 && !video.units[frame]!.keyFrame) frame--;
    if (index === 0) return frame;
    const track = this.#tracks[index]!;
    const seconds = (frame * unitSeconds) / count;
    return (
      Math.round((seconds * track.unitsPerSecond.count) / track.unitsPerSecond.seconds) % track.units.length
    );
  }
}

function withRate(track: PreparedTrack, framesPerSecond: number): PreparedTrack {
  return { ...track, unitsPerSecond: { count: framesPerSecond, seconds: 1 } };
}
