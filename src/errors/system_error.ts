import type { ErrorCode } from './catalogue.ts';
import { type ErrorPlace, NightjarError, toNightjarError } from './nightjar_error.ts';

const diskCodes: Record<string, ErrorCode> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EACCES: 'recordings_unwritable',
  EPERM: 'recordings_unwritable',
  EROFS: 'recordings_unwritable',
  ENOENT: 'recordings_unwritable',
  ENOTDIR: 'recordings_unwritable',
  EEXIST: 'recordings_unwritable',
};

const networkCodes: Record<string, ErrorCode> = {
  ECONNREFUSED: 'camera_refused',
  ECONNRESET: 'camera_closed',
  EPIPE: 'camera_closed',
  ENOTFOUND: 'camera_name_unknown',
  EAI_AGAIN: 'camera_name_unknown',
};

/** The operating system's code (`ENOSPC` and so on) of a thrown value, if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** An error of a file operation as one of the catalogue's disk errors. */
export function diskError(thrown: unknown, file: string): NightjarError {
  if (thrown instanceof NightjarError) return thrown;
  const code = systemCode(thrown);
  if (code === undefined) return toNightjarError(thrown).at({ file });
  return new NightjarError(diskCodes[code] ?? 'disk_failed', `${file}: ${(thrown as Error).message}.`, {
    place: { file },
    cause: thrown,
  });
}

/** An error of a socket as one of the catalogue's network errors. */
export function networkError(thrown: unknown, place: ErrorPlace & { url: string }): NightjarError {
  if (thrown instanceof NightjarError) return thrown;
  const code = systemCode(thrown);
  if (code === undefined) return toNightjarError(thrown).at(place);
  return new NightjarError(
    networkCodes[code] ?? 'camera_unreachable',
    `${place.url}: ${(thrown as Error).message}.`,
    {
      place,
      cause: thrown,
    },
  );
}
