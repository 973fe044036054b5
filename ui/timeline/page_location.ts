/** The part of the page's state that an address carries: /timeline?camera=&with=&stream=&at=&span= */
import { clampSpan } from './viewport.ts';

export interface PageLocation {
  readonly camera: string | undefined;
  /** Ids of the cameras beside it, in their order. */
  readonly beside: readonly string[];
  /** Role or id. */
  readonly stream: string | undefined;
  readonly atMs: number | undefined;
  readonly spanMs: number | undefined;
}

/** Beside the camera that leads; more tracks than sixteen leave no room for pictures. */
export const maxBeside = 15;

/** Nothing was recorded before; later is a mistyped address. */
const [earliestMs, latestMs] = [Date.UTC(2000), Date.UTC(2200)];

/** `at` in epoch milliseconds or RFC 3339, `span` in milliseconds; what makes no sense is left out. */
export function readPageLocation(query: URLSearchParams): PageLocation {
  const at = query.get('at') ?? '';
  const atMs = /^\d+$/.test(at) ? Number(at) : Date.parse(at);
  const span = Number(query.get('span') || Number.NaN);
  return {
    camera: query.get('camera') || undefined,
    beside: [...new Set((query.get('with') ?? '').split(',').filter((id) => id !== ''))].slice(0, maxBeside),
    stream: query.get('stream') || undefined,
    atMs: atMs >= earliestMs && atMs <= latestMs ? atMs : undefined,
    spanMs: Number.isFinite(span) && span > 0 ? clampSpan(span) : undefined,
  };
}

export function formatPageLocation({ camera, beside, stream, atMs, spanMs }: PageLocation): string {
  const query = new URLSearchParams();
  if (camera) query.set('camera', camera);
  if (beside.length > 0) query.set('with', beside.join(','));
  if (stream && stream !== 'main') query.set('stream', stream);
  if (atMs !== undefined) query.set('at', `${Math.round(atMs)}`);
  if (spanMs !== undefined) query.set('span', `${Math.round(spanMs)}`);
  return `/timeline?${query}`;
}
