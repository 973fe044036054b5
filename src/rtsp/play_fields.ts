/**
 * What PLAY asks for and is answered with: Range, Scale and Speed (RFC 2326 sections 12.29, 12.34 and 12.35), and the
 * replay of ONVIF (Streaming Specification section 6), which has footage sent as fast as it can be.
 */
import type { RtspResponse } from './message.ts';
import { formatRange, parseRange } from './range.ts';
import type { Action, PlaybackAnswer, SessionState } from './session_state.ts';

type Fields = Action['fields'];

/** Asks for what plain RTSP has not; a server that has it neither answers with 551. */
export const replayRequired = ['Require', 'onvif-replay'] as const;
const unlimited = ['Rate-Control', 'no'] as const;

/** Only instants name recorded footage. */
export function asksForReplay({ settings, plainReplay }: SessionState): boolean {
  return settings.playback?.range.unit === 'clock' && !plainReplay;
}

/** The fields of the first PLAY. */
export function playFields(state: SessionState): Fields {
  const { playback } = state.settings;
  // Some cameras start at once only when asked for the beginning; none was seen to mind.
  if (!playback) return [['Range', 'npt=0.000-']];
  const { range, scale, speed } = playback;
  const fields: (readonly [string, string])[] = [['Range', formatRange(range)]];
  if (scale !== undefined) fields.push(['Scale', scale.toFixed(3)]);
  if (speed !== undefined) fields.push(['Speed', speed.toFixed(3)]);
  if (!asksForReplay(state)) return fields;
  return [...fields, replayRequired, ...(scale === undefined && speed === undefined ? [unlimited] : [])];
}

/** The same request for a server that knows no ONVIF replay. */
export function withoutReplay({ fields }: Action): { fields: Fields } {
  return { fields: fields.filter((field) => field !== replayRequired && field !== unlimited) };
}

/** What the reply to PLAY says; unreadable fields say nothing. */
export function playbackAnswer({ headers }: RtspResponse): PlaybackAnswer {
  const range = parseRange(headers.get('Range') ?? '');
  const scale = parseRate(headers.get('Scale'));
  return { ...(range && { range }), ...(scale !== undefined && { scale }) };
}

/** A Scale or Speed: a decimal number that is not 0, up to 1,000. */
export function parseRate(value: string | undefined): number | undefined {
  const text = value?.trim() ?? '';
  const rate = /^-?\d{1,4}(?:\.\d{0,6})?$/.test(text) ? Number(text) : 0;
  return rate !== 0 && Math.abs(rate) <= 1000 ? rate : undefined;
}
