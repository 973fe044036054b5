import { NightjarError } from '../errors/nightjar_error.ts';
import type { MediaDescription, MediaFormat, SessionDescription } from '../sdp/session_description.ts';

export interface SelectedMedia {
  readonly mediaIndex: number;
  readonly format: MediaFormat;
  readonly kind: 'video' | 'audio';
}

export interface Selection {
  readonly media: readonly SelectedMedia[];
  /** What the camera offers and Nightjar leaves out, in words. */
  readonly notes: readonly string[];
}

const recordable: Record<'video' | 'audio', ReadonlySet<string>> = {
  video: new Set(['H264', 'H265']),
  audio: new Set(['MPEG4-GENERIC', 'PCMU', 'PCMA']),
};

/**
 * Chooses what to record of what a camera describes: the first video and the first audio that can be recorded.
 * Anything else costs only itself (S8, S9, S16, S18).
 *
 * @throws NightjarError `sdp_no_video` or `codec_unsupported`
 */
export function selectTracks(description: SessionDescription): Selection {
  const notes = description.ignored.map(({ line, reason }) => `${line}: ${reason}`);
  const pick = (kind: 'video' | 'audio'): SelectedMedia | undefined => {
    for (const [mediaIndex, media] of description.media.entries()) {
      if (media.kind !== kind) continue;
      const format = media.formats.find(({ encoding }) => recordable[kind].has(encoding));
      if (format) return { mediaIndex, format, kind };
      notes.push(`${kind} in ${encodings(media)} cannot be recorded yet`);
    }
    return undefined;
  };
  const video = pick('video');
  if (!video) throw withoutVideo(description);
  const audio = pick('audio');
  return { media: audio ? [video, audio] : [video], notes };
}

function withoutVideo(description: SessionDescription): NightjarError {
  const offered = description.media.filter(({ kind }) => kind === 'video');
  if (offered.length === 0) {
    const kinds = description.media.map(({ kind }) => kind);
    const found = kinds.length > 0 ? `only ${kinds.join(', ')}` : 'nothing';
    return new NightjarError('sdp_no_video', `The camera describes ${found}, but no video.`);
  }
  const detail = `The camera offers video in ${offered.map(encodings).join(', ')}, which cannot be recorded yet.`;
  return new NightjarError('codec_unsupported', detail);
}

const encodings = (media: MediaDescription): string =>
  media.formats.map(({ encoding }) => encoding).join(' or ') || 'no known format';
