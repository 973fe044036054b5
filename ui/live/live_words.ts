import { codecName } from '../cameras/stream_words.ts';
import { duration, moment } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import type { LiveView } from './live_session.ts';

/** What is written on a tile. A 'note' leaves the picture to be seen, a 'card' stands in its place. */
export type TileWords =
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'card'; readonly title: string; readonly text: string }
  | undefined;

/** Older pictures have their age beside them in a colour that is noticed. */
export const oldPictureMs = 3_000;

/** What nearly every browser plays, and every camera can send. */
const playedEverywhere = 'H.264';

export function wordsOf(
  view: LiveView,
  {
    name,
    ageMs,
    pictureMs,
    nowMs,
  }: { name: string; ageMs: number | undefined; pictureMs: number | undefined; nowMs: number },
): TileWords {
  switch (view.kind) {
    case 'playing':
      return undefined;
    case 'connecting':
      return { kind: 'note', text: message('live.connecting') };
    case 'stalled':
      return {
        kind: 'note',
        text:
          ageMs === undefined
            ? message('live.stalled.never')
            : message('live.stalled', { age: duration(Math.max(1000, Math.floor(ageMs / 1000) * 1000)) }),
      };
    case 'waiting':
      return {
        kind: 'card',
        title:
          pictureMs === undefined
            ? message('live.waiting')
            : message('live.waiting.last', { when: moment(pictureMs, nowMs) }),
        text: view.reason,
      };
    case 'refused':
      return { kind: 'card', title: message('live.refused.title'), text: view.reason };
    case 'unplayable': {
      const codec = videoCodecOf(view.mimeType, name);
      return {
        kind: 'card',
        title: message('live.unplayable.title', { codec }),
        text: message(codec === playedEverywhere ? 'live.unplayable.text' : 'live.unplayable.other'),
      };
    }
    case 'undecodable':
      return {
        kind: 'card',
        title: message('live.undecodable.title'),
        text: message('live.undecodable.text'),
      };
  }
}

/** The name of the first codec in `video/mp4; codecs="…"`. */
function videoCodecOf(mimeType: string, otherwise: string): string {
  const [, codecs = otherwise] = /codecs="([^"]*)"/.exec(mimeType) ?? [];
  return codecName(codecs.split(',')[0]?.trim() ?? otherwise);
}
