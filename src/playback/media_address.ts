/** What of the footage a player gets: all as recorded, all with the sound as FLAC, the pictures alone, or of these the key frames. */
export type TrackSelection = 'all' | 'flac' | 'video' | 'key';

/** What a playlist may list: also pictures that are converted to H.264 when they are asked for. */
export type ListedTracks = TrackSelection | 'h264';

/** Where a playlist's media lie: never changes meaning, so it may be cached for ever. */
export interface MediaAddress {
  readonly segmentId: string;
  /** Bytes of the recorded file, half-open, in whole fragments. */
  readonly offset: number;
  readonly endOffset: number;
  readonly tracks: TrackSelection;
  /** Added to the run's time line, in milliseconds: a later run must not begin before the end of an earlier one. */
  readonly shiftMs: number;
}

export interface InitAddress {
  readonly segmentId: string;
  readonly tracks: TrackSelection;
}

const names: Record<TrackSelection, string> = { all: 'av', flac: 'avf', video: 'v', key: 'k' };
const selections = new Map<string, TrackSelection>([
  ['av', 'all'],
  ['avf', 'flac'],
  ['v', 'video'],
  ['k', 'key'],
]);
const mediaName = /^(\d{1,15})-(\d{1,15})-(av|avf|v|k)(?:-(\d{1,12}))?\.m4s$/;
const initName = /^init-(av|avf|v|k)\.mp4$/;

/** Relative to the folder of the playlist: `segments/<segment id>/<offset>-<end>-<av|avf|v|k>[-<shift>].m4s`. */
export function formatMediaAddress({ segmentId, offset, endOffset, tracks, shiftMs }: MediaAddress): string {
  const shift = shiftMs > 0 ? `-${shiftMs}` : '';
  return `segments/${segmentId}/${offset}-${endOffset}-${names[tracks]}${shift}.m4s`;
}

/** Relative to the folder of the playlist: `segments/<segment id>/init-<av|avf|v|k>.mp4`. */
export function formatInitAddress({ segmentId, tracks }: InitAddress): string {
  return `segments/${segmentId}/init-${names[tracks]}.mp4`;
}

/** Reads the last part of a media or init address; undefined when it is neither. */
export function parseAddress(segmentId: string, fileName: string): MediaAddress | InitAddress | undefined {
  const init = initName.exec(fileName);
  if (init) return { segmentId, tracks: selections.get(init[1]!)! };
  const media = mediaName.exec(fileName);
  if (!media) return undefined;
  const [offset, endOffset] = [Number(media[1]), Number(media[2])];
  if (endOffset <= offset) return undefined;
  const shiftMs = Number(media[4] ?? 0);
  return { segmentId, offset, endOffset, tracks: selections.get(media[3]!)!, shiftMs };
}

/** Media that are converted, and the header of each. */
export interface ConvertedAddress {
  readonly segmentId: string;
  readonly part: 'init' | 'media';
  /** Last part of the address of the pictures as recorded, and that of their header. */
  readonly recorded: string;
  readonly recordedInit: string;
}

const convertedName = /^(\d{1,15}-\d{1,15})-t((?:-\d{1,12})?)\.(mp4|m4s)$/;

/** Relative to the folder of the playlist: `segments/<segment id>/<offset>-<end>-t[-<shift>].<m4s|mp4>`. */
export function formatConvertedAddress(
  { segmentId, offset, endOffset, shiftMs }: Omit<MediaAddress, 'tracks'>,
  part: ConvertedAddress['part'],
): string {
  const shift = shiftMs > 0 ? `-${shiftMs}` : '';
  return `segments/${segmentId}/${offset}-${endOffset}-t${shift}.${part === 'init' ? 'mp4' : 'm4s'}`;
}

/** Reads the last part of an address of converted media; undefined when it is none. */
export function parseConvertedAddress(segmentId: string, fileName: string): ConvertedAddress | undefined {
  const [, range, shift, end] = convertedName.exec(fileName) ?? [];
  if (range === undefined) return undefined;
  return {
    segmentId,
    part: end === 'mp4' ? 'init' : 'media',
    recorded: `${range}-${names.video}${shift}.m4s`,
    recordedInit: `init-${names.video}.mp4`,
  };
}
