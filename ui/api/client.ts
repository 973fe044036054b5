import type { CameraAnswer, CameraInput, CameraPatch } from '../../src/api/contract/camera.ts';
import type { CoverageAnswer } from '../../src/api/contract/coverage.ts';
import type { CameraEventAnswer } from '../../src/api/contract/event.ts';
import type { BurstAnswer, TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { ProtectionAnswer, ProtectionInput, RetentionAnswer } from '../../src/api/contract/retention.ts';
import type { AlarmAnswer, AlarmList, StatusAnswer } from '../../src/api/contract/status.ts';
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
export const listAlarms = async (): Promise<AlarmAnswer[]> =>
  (await request<AlarmList>('GET', '/alarms')).alarms;
export const readStatus = (signal?: AbortSignal) =>
  request<StatusAnswer>('GET', '/status', signal ? { signal } : {});

export const readRetention = (signal?: AbortSignal) =>
  request<RetentionAnswer>('GET', '/retention', signal ? { signal } : {});

export const listProtections = async (signal?: AbortSignal): Promise<ProtectionAnswer[]> =>
  (await request<{ protections: ProtectionAnswer[] }>('GET', '/protections', signal ? { signal } : {}))
    .protections;
export const protect = (input: ProtectionInput) =>
  request<ProtectionAnswer>('POST', '/protections', { body: input });
export const releaseProtection = (id: string, who: { by: string; reason: string }) =>
  request<void>('DELETE', `/protections/${encodeURIComponent(id)}`, { query: who });
export const readCoverage = (
  cameraId: string,
  query: { stream?: string; from: number; to: number; zone?: string },
  signal?: AbortSignal,
) => request<CoverageAnswer>('GET', `${camera(cameraId)}/coverage`, { query, ...(signal && { signal }) });

/** Those with an instant in the window, oldest first, 1,000 at most; `complete` is false when there are more. */
export const listEvents = (
  cameraId: string,
  query: { from: number; to: number; type?: string; limit?: number },
  signal?: AbortSignal,
) =>
  request<{ events: CameraEventAnswer[]; complete: boolean }>('GET', `${camera(cameraId)}/events`, {
    query,
    ...(signal && { signal }),
  });

export const findBurst = (
  cameraId: string,
  query: { stream?: string; from: number; direction: 'next' | 'previous' },
  signal?: AbortSignal,
) => request<BurstAnswer>('GET', `${camera(cameraId)}/bursts`, { query, ...(signal && { signal }) });

export const readTimeline = (
  cameraId: string,
  query: { stream?: string; from: number; to: number; resolutionMs?: number },
  signal?: AbortSignal,
) => request<TimelineAnswer>('GET', `${camera(cameraId)}/timeline`, { query, ...(signal && { signal }) });
