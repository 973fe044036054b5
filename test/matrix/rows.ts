import type { GstreamerCameraOptions } from '../gstreamer/gstreamer_camera.ts';
import type { AudioEncoding, VideoEncoding } from './source_clip.ts';

/** How the media come, and from whom. */
export const ways = ['tcp', 'udp', 'multicast', 'http', 'tls', 'ffmpeg-tcp', 'ffmpeg-udp', 'vlc'] as const;
export type Way = (typeof ways)[number];

const allOfGstreamer: readonly Way[] = ['tcp', 'udp', 'multicast', 'http', 'tls'];
const bothOfFfmpeg: readonly Way[] = ['ffmpeg-tcp', 'ffmpeg-udp'];
const tcpAndFfmpeg: readonly Way[] = ['tcp', 'ffmpeg-tcp'];
const tcpAndUdp: readonly Way[] = ['tcp', 'udp'];

/** What is sent, and in which packets. */
export interface Row {
  readonly name: string;
  readonly video: VideoEncoding;
  readonly audio?: AudioEncoding;
  readonly ways: readonly Way[];
  readonly gstreamer?: Pick<GstreamerCameraOptions, 'codec' | 'audio' | 'mtu' | 'configInterval'>;
  /** Output options of ffmpeg; the medium is copied unless they say otherwise. */
  readonly ffmpeg?: {
    readonly video?: readonly string[];
    readonly audio?: readonly string[];
    /** What ffmpeg reads instead of `audio`, to encode it as these options say. */
    readonly from?: AudioEncoding;
    readonly describe?: (sdp: string) => string;
  };
}

/** Parameter sets are left to be found in the stream. */
const withoutParameterSets = (sdp: string): string => sdp.replace(/; *sprop-[^;\r\n]*/g, '');

/** VLC sends no LATM, finds no G.722 in a file, and names the other order of bits than G.726 has in a file. */
const withoutVlc: readonly Way[] = [...allOfGstreamer, ...bothOfFfmpeg];
const allWays: readonly Way[] = [...withoutVlc, 'vlc'];

export const rows: readonly Row[] = [
  { name: 'h264', video: 'h264', ways: allWays },
  { name: 'h264-b-frames', video: 'h264-b', ways: allWays },
  { name: 'h265', video: 'h265', gstreamer: { codec: 'h265' }, ways: allWays },
  { name: 'h265-b-frames', video: 'h265-b', gstreamer: { codec: 'h265' }, ways: allWays },
  { name: 'jpeg', video: 'jpeg', gstreamer: { codec: 'jpeg' }, ways: allWays },
  { name: 'aac', video: 'h264', audio: 'aac', gstreamer: { audio: 'aac' }, ways: allWays },
  {
    name: 'latm',
    video: 'h264',
    audio: 'aac',
    gstreamer: { audio: 'latm' },
    ffmpeg: { audio: ['-rtpflags', 'latm+send_bye'] },
    ways: withoutVlc,
  },
  { name: 'pcmu', video: 'h264', audio: 'pcmu', gstreamer: { audio: 'pcmu' }, ways: allWays },
  { name: 'pcma', video: 'h264', audio: 'pcma', gstreamer: { audio: 'pcma' }, ways: allWays },
  { name: 'opus', video: 'h264', audio: 'opus', gstreamer: { audio: 'opus' }, ways: allWays },
  { name: 'g722', video: 'h264', audio: 'g722', gstreamer: { audio: 'g722' }, ways: withoutVlc },
  {
    name: 'g726-32',
    video: 'h264',
    audio: 'g726-32',
    gstreamer: { audio: 'g726' },
    ffmpeg: { from: 'l16', audio: ['-c:a', 'g726le', '-b:a', '32k'] },
    ways: withoutVlc,
  },
  {
    name: 'aal2-g726-32',
    video: 'h264',
    audio: 'g726-32',
    ways: bothOfFfmpeg,
  },
  ...(['16', '24', '40'] as const).map(
    (rate): Row => ({
      name: `g726-${rate}`,
      video: 'h264',
      audio: `g726-${rate}`,
      gstreamer: { audio: 'g726' },
      ffmpeg: { from: 'l16', audio: ['-c:a', 'g726le', '-b:a', `${rate}k`] },
      // GStreamer 1.22 sends 24 and 40 kbit/s with their bits in an order that RFC 3551 section 4.5.4 does not know.
      ways: rate === '16' ? tcpAndFfmpeg : ['ffmpeg-tcp'],
    }),
  ),
  { name: 'l16', video: 'h264', audio: 'l16', gstreamer: { audio: 'l16' }, ways: allWays },
  {
    name: 'l16-44100-stereo',
    video: 'h264',
    audio: 'l16-44100-stereo',
    gstreamer: { audio: 'l16' },
    ways: ['tcp', 'ffmpeg-udp'],
  },
  ...([200, 60_000] as const).flatMap((mtu): readonly Row[] => [
    { name: `h264-mtu-${mtu}`, video: 'h264', gstreamer: { mtu }, ways: tcpAndUdp },
    { name: `h265-mtu-${mtu}`, video: 'h265', gstreamer: { mtu, codec: 'h265' }, ways: tcpAndUdp },
    { name: `jpeg-mtu-${mtu}`, video: 'jpeg', gstreamer: { mtu, codec: 'jpeg' }, ways: tcpAndUdp },
    {
      name: `aac-mtu-${mtu}`,
      video: 'h264',
      audio: 'aac',
      gstreamer: { mtu, audio: 'aac' },
      ways: tcpAndUdp,
    },
  ]),
  {
    name: 'h264-mode-0',
    video: 'h264',
    ffmpeg: { video: ['-rtpflags', 'h264_mode0+send_bye', '-pkt_size', '60000'] },
    ways: bothOfFfmpeg,
  },
  { name: 'h264-sets-in-sdp-alone', video: 'h264', gstreamer: { configInterval: 0 }, ways: tcpAndUdp },
  {
    name: 'h265-sets-in-sdp-alone',
    video: 'h265',
    gstreamer: { codec: 'h265', configInterval: 0 },
    ways: tcpAndUdp,
  },
  {
    name: 'h264-sets-in-band-alone',
    video: 'h264',
    ffmpeg: { video: ['-bsf:v', 'h264_mp4toannexb,dump_extra'], describe: withoutParameterSets },
    ways: bothOfFfmpeg,
  },
  {
    name: 'h265-sets-in-band-alone',
    video: 'h265',
    ffmpeg: { video: ['-bsf:v', 'hevc_mp4toannexb,dump_extra'], describe: withoutParameterSets },
    ways: bothOfFfmpeg,
  },
];
