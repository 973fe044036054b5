import { isPlainMetadata, whyNoMetadata } from '../rtp/metadata_formats.ts';
import type { MediaDescription, SessionDescription } from '../sdp/session_description.ts';

export interface OfferedMedium {
  readonly kind: string;
  /** As `rtpmap` names them, such as `H264/90000`. */
  readonly formats: readonly string[];
  readonly recorded: boolean;
  /** Why it is not recorded. */
  readonly reason?: string;
}

/**
 * Every medium that a camera describes, and what becomes of it.
 *
 * @param recorded indexes of the media that packets are taken of
 * @param notes what the choice of tracks said, each beginning with the kind of medium that it is about
 */
export function offeredMedia(
  { media }: SessionDescription,
  recorded: ReadonlySet<number>,
  notes: readonly string[],
): OfferedMedium[] {
  const kinds = new Set([...recorded].map((index) => media[index]?.kind));
  return media.map((medium, index) => {
    const known = { kind: medium.kind, formats: formatsOf(medium) };
    if (recorded.has(index)) return { ...known, recorded: true };
    return { ...known, recorded: false, reason: whyNot(medium, kinds.has(medium.kind), notes) };
  });
}

function whyNot({ kind, formats }: MediaDescription, another: boolean, notes: readonly string[]): string {
  if (formats.length === 0) return 'no format of it can be read';
  if (another) return `another ${kind} is recorded`;
  const note = notes.find((text) => text.startsWith(`${kind}:`) || text.startsWith(`${kind} in `));
  if (note !== undefined) return note.replace(/^\w+: ?/, '');
  if (kind === 'application' && formats.some(isPlainMetadata)) {
    return 'metadata are received and counted, and not kept in files';
  }
  const refused = formats.map(whyNoMetadata).find((reason) => reason !== undefined);
  if (refused !== undefined) return refused;
  if (kind !== 'video' && kind !== 'audio') return 'pictures and sound alone are recorded';
  return 'the camera did not set it up';
}

function formatsOf({ kind, formats }: MediaDescription): string[] {
  return formats.map(({ encoding, clockRate, channels }) =>
    kind === 'audio' && channels > 1 ? `${encoding}/${clockRate}/${channels}` : `${encoding}/${clockRate}`,
  );
}
