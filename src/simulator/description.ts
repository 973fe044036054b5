import type { Clip } from './clip.ts';
import {
  audioPayloadType,
  metadataClockRate,
  metadataPayloadType,
  videoClockRate,
  videoPayloadType,
} from './prepared_clip.ts';

export const videoControl = 'trackID=0';
export const audioControl = 'trackID=1';
export const metadataControl = 'trackID=2';

/** The session description of a clip: RFC 8866, with RFC 6184 section 8.2 for video and RFC 3640 section 4.4 for audio. */
export function describeClip(
  clip: Clip,
  options: { audio: boolean; metadata: boolean; framesPerSecond: number; range?: string },
): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=Nightjar simulated camera',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    `a=range:${options.range ?? 'npt=0-'}`,
    ...describeVideo(clip, options.framesPerSecond),
    ...(options.audio && clip.audio ? describeAudio(clip.audio) : []),
    ...(options.metadata ? metadataLines : []),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** ONVIF Streaming Specification, section "RTSP describe". */
const metadataLines = [
  `m=application 0 RTP/AVP ${metadataPayloadType}`,
  `a=rtpmap:${metadataPayloadType} vnd.onvif.metadata/${metadataClockRate}`,
  `a=control:${metadataControl}`,
];

function describeVideo(clip: Clip, framesPerSecond: number): string[] {
  const nalUnits = clip.pictures[0]?.nalUnits ?? [];
  const ofType = (type: number) => nalUnits.filter((nalUnit) => (nalUnit[0]! & 0x1f) === type);
  const [sps] = ofType(7);
  if (!sps) throw new Error('a clip begins with a sequence parameter set');
  const sets = [sps, ...ofType(8)].map((set) => Buffer.from(set).toString('base64'));
  const profile = Buffer.from(sps.subarray(1, 4)).toString('hex').toUpperCase();
  return [
    `m=video 0 RTP/AVP ${videoPayloadType}`,
    `a=rtpmap:${videoPayloadType} H264/${videoClockRate}`,
    `a=fmtp:${videoPayloadType} packetization-mode=1;profile-level-id=${profile};sprop-parameter-sets=${sets.join(',')}`,
    `a=framerate:${framesPerSecond}`,
    `a=control:${videoControl}`,
  ];
}

function describeAudio(audio: NonNullable<Clip['audio']>): string[] {
  const config = Buffer.from(audio.config).toString('hex').toUpperCase();
  return [
    `m=audio 0 RTP/AVP ${audioPayloadType}`,
    `a=rtpmap:${audioPayloadType} MPEG4-GENERIC/${audio.sampleRate}/${audio.channels}`,
    `a=fmtp:${audioPayloadType} streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=${config}`,
    `a=control:${audioControl}`,
  ];
}
