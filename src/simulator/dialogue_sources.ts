import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { demoClip } from './clip.ts';
import { splitH265Pictures, splitPictures } from './elementary_stream.ts';
import { splitMotionJpeg } from './jpeg_packer.ts';

/** A picture or a sound as it was coded, before a camera packs it. */
export interface SourceUnit {
  /** NAL units of a picture; a sound alone. */
  readonly parts: readonly Uint8Array[];
  /** Units of presentation from the beginning: pictures that are coded out of order come earlier or later. */
  readonly position: number;
}

/** What `M:` lines of a dialogue can send. */
export interface MediaSource {
  readonly kind: 'video' | 'audio';
  readonly packing: 'h264' | 'h265' | 'jpeg' | 'aac' | 'bytes';
  readonly payloadType: number;
  readonly clockRate: number;
  /** Ticks from one unit to the next. */
  readonly unitTicks: number;
  /** Attributes of its media description. */
  readonly attributes: readonly string[];
  /** Parts for descriptions: variables of the dialogue. */
  readonly variables: Readonly<Record<string, string>>;
  /** Units until it begins again. */
  readonly length: number;
  unit(number: number): SourceUnit;
}

const asset = (file: string) => readFile(fileURLToPath(new URL(`assets/${file}`, import.meta.url)));
const base64 = (parts: readonly Uint8Array[]) =>
  parts.map((part) => Buffer.from(part).toString('base64')).join(',');
const videoTicks = 3_600;

type MakeSource = () => Promise<MediaSource>;

const makers: Readonly<Record<string, MakeSource>> = {
  /** 200 pictures of 320x180 that carry their numbers, a key frame every 25. */
  h264: async () => h264(inOrder((await demoClip('sub')).pictures)),
  /** The same in 640x360, as a camera that was set to another size. */
  'h264-large': async () => h264(inOrder((await demoClip('main')).pictures)),
  /** 20 pictures of three slices each, a key frame every 10. */
  'h264-slices': async () => h264(inOrder(splitPictures(await asset('slices.h264')))),
  /** 20 pictures with two B-frames between others, a key frame every 10. */
  'h264-b': async () =>
    h264(
      splitPictures(await asset('bframes.h264')).map(({ nalUnits }, index) => ({
        parts: nalUnits,
        position: Math.floor(index / 10) * 10 + [0, 3, 1, 2, 6, 4, 5, 9, 7, 8][index % 10]!,
      })),
    ),
  h265: async () => h265(inOrder(splitH265Pictures(await asset('small.h265')))),
  jpeg: async () =>
    source({
      kind: 'video',
      packing: 'jpeg',
      payloadType: 26,
      clockRate: 90_000,
      unitTicks: videoTicks,
      attributes: [],
      variables: {},
      units: inOrder(splitMotionJpeg(await asset('small.mjpeg')).map((picture) => ({ nalUnits: [picture] }))),
    }),
  aac: async () => aac((await demoClip('sub')).audio!.config, 48_000, 1_024),
  /** Called 44.1 kHz, on the clock of pictures. */
  'aac-90k': async () => aac(Buffer.of(0x12, 0x08), 90_000, (1_024 * 90_000) / 44_100),
  pcma: async () => samples(8, 8_000, Buffer.alloc(160, 0xd5), 160),
  pcmu: async () => samples(0, 8_000, Buffer.alloc(160, 0xff), 160),
  /** 107 samples to a packet, which is no whole number of anything. */
  'pcma-odd': async () => samples(8, 8_000, Buffer.alloc(107, 0xd5), 107),
  l16: async () => samples(11, 48_000, Buffer.alloc(480), 240, ['a=rtpmap:11 L16/48000/1']),
  /** Frames of 20 ms that say no more than that they are such. */
  opus: async () => samples(98, 48_000, Buffer.of(0x78, 1, 2, 3), 960, ['a=rtpmap:98 OPUS/48000/2']),
};

const made = new Map<string, Promise<MediaSource>>();

/** A source by its name, made once; undefined when there is none with this name. */
export function mediaSource(name: string): Promise<MediaSource> | undefined {
  const make = makers[name];
  if (!make) return undefined;
  if (!made.has(name)) made.set(name, make());
  return made.get(name);
}

export const mediaSourceNames: readonly string[] = Object.keys(makers);

function source(
  options: Omit<MediaSource, 'unit' | 'length'> & { readonly units: readonly SourceUnit[] },
): MediaSource {
  const { units, ...rest } = options;
  return {
    ...rest,
    length: units.length,
    unit(number) {
      const round = Math.floor(number / units.length) * units.length;
      const { parts, position } = units[number - round]!;
      return { parts, position: position + round };
    },
  };
}

function inOrder(pictures: readonly { readonly nalUnits: readonly Uint8Array[] }[]): SourceUnit[] {
  return pictures.map(({ nalUnits }, position) => ({ parts: nalUnits, position }));
}

function h264(units: readonly SourceUnit[]): MediaSource {
  const ofType = (type: number) => units[0]!.parts.filter((nalUnit) => (nalUnit[0]! & 0x1f) === type);
  const sprop = base64([...ofType(7), ...ofType(8)]);
  return source({
    kind: 'video',
    packing: 'h264',
    payloadType: 96,
    clockRate: 90_000,
    unitTicks: videoTicks,
    attributes: ['a=rtpmap:96 H264/90000', `a=fmtp:96 packetization-mode=1;sprop-parameter-sets=${sprop}`],
    variables: { sprop },
    units,
  });
}

function h265(units: readonly SourceUnit[]): MediaSource {
  const ofType = (type: number) =>
    base64(units[0]!.parts.filter((nalUnit) => ((nalUnit[0]! >> 1) & 0x3f) === type));
  const sprop = `sprop-vps=${ofType(32)};sprop-sps=${ofType(33)};sprop-pps=${ofType(34)}`;
  return source({
    kind: 'video',
    packing: 'h265',
    payloadType: 96,
    clockRate: 90_000,
    unitTicks: videoTicks,
    attributes: ['a=rtpmap:96 H265/90000', `a=fmtp:96 ${sprop}`],
    variables: { sprop },
    units,
  });
}

async function aac(config: Uint8Array, clockRate: number, unitTicks: number): Promise<MediaSource> {
  const { frames } = (await demoClip('sub')).audio!;
  const hexadecimal = Buffer.from(config).toString('hex').toUpperCase();
  return source({
    kind: 'audio',
    packing: 'aac',
    payloadType: 97,
    clockRate,
    unitTicks,
    attributes: [
      `a=rtpmap:97 MPEG4-GENERIC/${clockRate}/1`,
      `a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=${hexadecimal}`,
    ],
    variables: { config: hexadecimal },
    units: inOrder(frames.map((frame) => ({ nalUnits: [frame] }))),
  });
}

/** The same sound in every packet. */
function samples(
  payloadType: number,
  clockRate: number,
  payload: Buffer,
  unitTicks: number,
  attributes: readonly string[] = [],
): MediaSource {
  return source({
    kind: 'audio',
    packing: 'bytes',
    payloadType,
    clockRate,
    unitTicks,
    attributes,
    variables: {},
    units: inOrder([{ nalUnits: [payload] }]),
  });
}
