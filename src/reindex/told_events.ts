/**
 * What the journals of events and of protections say. Each line of `events.jsonl` is an event as it was told, or the `id`
 * of one with its `endMs`; each line of `holds.jsonl` a protection, or the `id` of one with `releasedMs`. Whatever is
 * neither is passed over.
 */
import type { CameraEvent } from '../index/camera_events.ts';
import type { Protection } from '../index/protections.ts';
import { readObject } from './journal_line.ts';

/** A line of `events.jsonl`. */
export type EventLine =
  | { readonly kind: 'event'; readonly event: CameraEvent }
  | { readonly kind: 'end'; readonly id: string; readonly endMs: number; readonly data: string | undefined };

/** Undefined for a line that says nothing that can be used. */
export function readEventLine(line: string): EventLine | undefined {
  const entry = readObject(line);
  if (!isId(entry?.id)) return undefined;
  const { id, cameraId, type, startMs, endMs, source, createdMs } = entry;
  const data = entry.data === undefined ? undefined : JSON.stringify(entry.data);
  if (cameraId === undefined) return isInstant(endMs) ? { kind: 'end', id, endMs, data } : undefined;
  if (!isId(cameraId) || !isText(type) || !isText(source) || !isInstant(startMs)) return undefined;
  if (endMs !== undefined && !(isInstant(endMs) && endMs >= startMs)) return undefined;
  const known = isInstant(createdMs) ? createdMs : startMs;
  return { kind: 'event', event: { id, cameraId, type, startMs, endMs, source, data, createdMs: known } };
}

/** The protections that are in force. */
export class ToldProtections {
  readonly #inForce = new Map<string, Protection>();
  /** Journals of several roots say the same. */
  readonly #released = new Set<string>();

  add(line: string): void {
    const entry = readObject(line);
    if (!isId(entry?.id)) return;
    const { id, cameraId, startMs, endMs, reason, createdBy, createdMs } = entry;
    if (isInstant(entry.releasedMs)) {
      this.#released.add(id);
      this.#inForce.delete(id);
      return;
    }
    const isRange = isInstant(startMs) && (endMs === undefined || (isInstant(endMs) && endMs > startMs));
    if (!isRange || !isText(reason) || !isText(createdBy) || this.#released.has(id)) return;
    if (cameraId !== undefined && !isId(cameraId)) return;
    const known = isInstant(createdMs) ? createdMs : startMs;
    this.#inForce.set(id, {
      id,
      cameraId,
      startMs,
      endMs: endMs as number | undefined,
      reason,
      createdBy,
      createdMs: known,
    });
  }

  isReleased(id: string): boolean {
    return this.#released.has(id);
  }

  /** Oldest first. */
  inForce(): readonly Protection[] {
    return [...this.#inForce.values()].sort((a, b) => a.createdMs - b.createdMs);
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}
