import type {
  CameraAnswer,
  CameraInput,
  CameraPatch,
  StatusAnswer,
  TimelineAnswer,
} from '../../src/api/contract.ts';
import { problemOf, unreachable } from './problem.ts';

const base = '/api/v1';

type Query = Record<string, string | number | undefined>;

/** The path of a resource under the API, with its query; `undefined` values are left out. */
export function apiPath(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, `${value}`]],
  );
  const text = new URLSearchParams(given).toString();
  return `${base}${path}${text === '' ? '' : `?${text}`}`;
}

/** Asks the server. Throws a RequestProblem when it refuses or cannot be reached, and the signal's reason when aborted. */
export async function request<Answer>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  { body, query, signal }: { body?: unknown; query?: Query; signal?: AbortSignal } = {},
): Promise<Answer> {
  const response = await fetch(apiPath(path, query), {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
    ...(signal && { signal }),
  }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw Object.assign(unreachable(), { cause });
  });
  const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  signal?.throwIfAborted();
  if (!response.ok) throw problemOf(response.status, answer);
  return answer as Answer;
}

const camera = (id: string) => `/cameras/${encodeURIComponent(id)}`;

export const listCameras = async (): Promise<CameraAnswer[]> =>
  (await request<{ cameras: CameraAnswer[] }>('GET', '/cameras')).cameras;
export const addCamera = (input: CameraInput) => request<CameraAnswer>('POST', '/cameras', { body: input });
export const changeCamera = (id: string, patch: CameraPatch) =>
  request<CameraAnswer>('PATCH', camera(id), { body: patch });
export const removeCamera = (id: string) => request<void>('DELETE', camera(id));
export const readStatus = (signal?: AbortSignal) =>
  request<StatusAnswer>('GET', '/status', signal ? { signal } : {});

export const readTimeline = (
  cameraId: string,
  query: { stream?: string; from: number; to: number; resolutionMs?: number },
  signal?: AbortSignal,
) => request<TimelineAnswer>('GET', `${camera(cameraId)}/timeline`, { query, ...(signal && { signal }) });
