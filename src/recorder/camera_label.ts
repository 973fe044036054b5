import type { CameraLabel } from './stream_job.ts';

/** What `camera.json` says, as far as it makes sense; undefined when it does not say which camera it is of. */
export function readCameraLabel(text: string): CameraLabel | undefined {
  const label = readObject(text);
  if (!label || typeof label.id !== 'string' || typeof label.name !== 'string' || label.name === '')
    return undefined;
  const streams = Array.isArray(label.streams) ? label.streams : [];
  return {
    installationId: String(label.installationId),
    id: label.id,
    name: label.name,
    ...positive('createdMs', label.createdMs),
    ...positive('maxAgeDays', label.maxAgeDays),
    ...positive('eventMaxAgeDays', label.eventMaxAgeDays),
    ...positive('maxBytes', label.maxBytes),
    ...positive('minAgeHours', label.minAgeHours),
    ...(typeof label.storageRoot === 'string' && { storageRoot: label.storageRoot }),
    streams: streams.flatMap((stream: unknown) => readStream(stream)),
  };
}

function readStream(value: unknown): CameraLabel['streams'][number][] {
  if (typeof value !== 'object' || value === null) return [];
  const { id, role, createdMs, record } = value as Record<string, unknown>;
  if (typeof id !== 'string' || (role !== 'main' && role !== 'sub')) return [];
  return [{ id, role, ...positive('createdMs', createdMs), ...(typeof record === 'boolean' && { record }) }];
}

function positive<Name extends string>(name: Name, value: unknown): { [Key in Name]?: number } {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
    ? ({ [name]: value } as { [Key in Name]?: number })
    : {};
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
