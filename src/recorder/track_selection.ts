import { NightjarError } from '../errors/nightjar_error.ts';
import { whyUnsupported } from '../rtp/depacketizers.ts';
import { isPlainMetadata, whyNoMetadata } from '../rtp/metadata_formats.ts';
import type { MediaSelection } from '../rtsp/session_state.ts';
import type { MediaFormat, SessionDescription } from '../sdp/session_description.ts';

export interface SelectedMedia {
  readonly mediaIndex: number;
  readonly format: MediaFormat;
  readonly kind: 'video' | 'audio';
}

export interface Selection {
  readonly media: readonly SelectedMedia[];
  /** Metadata that can be read, if there are any. */
  readonly metadata?: MediaSelection;
  /** What the camera offers and Nightjar leaves out, in words. */
  readonly notes: readonly string[];
}

/**
 * Chooses what to record of what a camera describes: the first video and the first audio that can be recorded.
 * Anything else costs only itself (S8, S9, S16, S18).
 *
 * @throws NightjarError `sdp_no_video` or `codec_unsupported`
 */
export function selectTracks(description: SessionDescription): Selection {
  const video = pick(description, 'video');
  if (!video.selected) throw withoutVideo(description, video.refused);
  const audio = pick(description, 'audio');
  const metadata = pickMetadata(description);
  return {
    ...(metadata.selected && { metadata: metadata.selected }),
    media: audio.selected ? [video.selected, audio.selected] : [video.selected],
    notes: [
      ...description.ignored.map(({ line, reason }) => `${line}: ${reason}`),
      ...video.refused,
      ...audio.refused,
      ...metadata.refused,
    ],
  };
}

interface Pick {
  readonly selected?: SelectedMedia;
  /** What was offered before it, and why it is not recorded. */
  readonly refused: readonly string[];
}

/** The first format that can be recorded: of two that a camera offers the second one may be sound (S23). */
function pick({ media }: SessionDescription, kind: 'video' | 'audio'): Pick {
  const refused: string[] = [];
  for (const [mediaIndex, { kind: offered, formats }] of media.entries()) {
    if (offered !== kind) continue;
    if (formats.length === 0) refused.push(`The camera offers ${kind} in no known format.`);
    for (const format of formats) {
      const reason = whyUnsupported(kind, format);
      if (reason === undefined) return { selected: { mediaIndex, format, kind }, refused };
      refused.push(reason);
    }
  }
  return { refused };
}

function pickMetadata({ media }: SessionDescription) {
  const refused: string[] = [];
  for (const [mediaIndex, { kind, formats }] of media.entries()) {
    if (kind !== 'application') continue;
    const format = formats.find(isPlainMetadata);
    if (format) return { selected: { mediaIndex, format }, refused };
    refused.push(...formats.flatMap((offered) => whyNoMetadata(offered) ?? []));
  }
  return { refused };
}

function withoutVideo(description: SessionDescription, refused: readonly string[]): NightjarError {
  if (refused.length > 0) return new NightjarError('codec_unsupported', refused.join(' '));
  const kinds = description.media.map(({ kind }) => kind);
  const found = kinds.length > 0 ? `only ${kinds.join(', ')}` : 'nothing';
  return new NightjarError('sdp_no_video', `The camera describes ${found}, but no video.`);
}
