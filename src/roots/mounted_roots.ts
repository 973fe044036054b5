import { systemCode } from '../errors/system_error.ts';
import { type Marker, readMarker } from './marker.ts';

/** A storage root as the settings have it, and what its disk says of it. */
export interface FoundRoot {
  readonly name: string;
  readonly folder: string;
  /** Undefined when there is none, or none that can be read: then its disk is not mounted, or it was never used. */
  readonly marker: Marker | undefined;
}

/** Looks which root lies in which folder, for a command without a server; nothing is written. */
export async function findRoots(
  roots: readonly { readonly name: string; readonly folder: string }[],
): Promise<FoundRoot[]> {
  return Promise.all(
    roots.map(async (root) => {
      const marker = await readMarker(root.folder).catch((error) => {
        if (systemCode(error) === undefined) throw error;
        return undefined;
      });
      return { ...root, marker: marker === 'unreadable' ? undefined : marker };
    }),
  );
}
