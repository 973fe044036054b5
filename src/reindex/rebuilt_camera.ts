import type { RebuiltCamera, RebuiltStream } from '../index/rebuild.ts';
import { unixMillis } from '../units/time.ts';
import type { FoundCamera } from './found_footage.ts';

/**
 * A camera by its label and its folders.
 *
 * @param beginOf when a stream began whose label does not say
 */
export function rebuiltCamera(
  { id, label, streamIds }: FoundCamera,
  beginOf: (streamId: string) => number,
  nowMs: number,
): RebuiltCamera {
  const labelled = label?.streams ?? [];
  const streams: RebuiltStream[] = labelled.map((stream) => ({
    id: stream.id,
    role: stream.role,
    createdMs: Math.round(stream.createdMs ?? beginOf(stream.id)),
    record: stream.record ?? true,
    archived: false,
  }));
  for (const streamId of streamIds) {
    if (streams.some((stream) => stream.id === streamId)) continue;
    // Without a label nobody knows which stream is which; with one, the stream was removed from the camera.
    const free = label
      ? undefined
      : (['main', 'sub'] as const).find((role) => !streams.some((s) => s.role === role));
    const createdMs = beginOf(streamId);
    streams.push({
      id: streamId,
      role: free ?? 'sub',
      createdMs,
      record: true,
      archived: free === undefined,
    });
  }
  const began = Math.min(nowMs, ...streams.map((stream) => stream.createdMs));
  const { maxAgeDays, eventMaxAgeDays, maxBytes, minAgeHours, storageRoot } = label ?? {};
  return {
    id,
    name: label?.name ?? `Camera ${id.slice(0, 8)}`,
    createdMs: unixMillis(Math.round(label?.createdMs ?? began)),
    maxAgeDays,
    eventMaxAgeDays,
    maxBytes,
    minAgeHours,
    storageRoot,
    streams,
  };
}
