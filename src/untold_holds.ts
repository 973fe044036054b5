import type { ProtectionIndex } from './index/open_index.ts';
import { journalLines } from './reindex/found_footage.ts';
import { ToldProtections } from './reindex/told_events.ts';
import type { RootJournals } from './roots/root_journals.ts';

/**
 * Writes the protections that are in force into the journal of a storage root that does not tell them: its disk was away when they
 * began, and lines that wait for a disk end with the process.
 *
 * @throws NightjarError disk errors, when the journal cannot be read
 */
export async function tellUntoldHolds(
  root: { readonly id: string; readonly folder: string },
  parts: {
    readonly protections: Pick<ProtectionIndex, 'list'>;
    readonly journals: Pick<RootJournals, 'append'>;
  },
): Promise<void> {
  const told = new ToldProtections();
  for await (const line of journalLines(root.folder, 'holds')) told.add(line);
  const known = new Set(told.inForce().map(({ id }) => id));
  for (const { cameraName: _, ...protection } of parts.protections.list()) {
    if (known.has(protection.id) || told.isReleased(protection.id)) continue;
    parts.journals.append('holds', [root.id], protection);
  }
}
