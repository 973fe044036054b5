import path from 'node:path';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { ChangedSegment, FileFinding } from '../index/losses.ts';
import { type Index, openRecordedFileList } from '../index/open_index.ts';
import type { RecordedFile } from '../index/recorded_file_list.ts';
import { GapJournal } from '../recorder/gap_journal.ts';
import type { GapHistory, SettledGap } from '../reindex/gap_history.ts';
import { LastWords } from '../reindex/last_words.ts';
import { journalGone } from '../retention/gone_journal.ts';
import { unseenRule } from '../retention/removal.ts';
import { inProvenFolder } from '../roots/proven_root.ts';
import type { RootFolders } from '../roots/root_folders.ts';
import { RootJournals } from '../roots/root_journals.ts';
import type { UnixMillis } from '../units/time.ts';
import { lookAt, realDisk } from '../verify/file_look.ts';

/** Files between two looks at the marker of their root. */
const batchFiles = 500;
/** The index and the journals round the same instant by themselves. */
const roundingMs = 2;

/** What has become of recorded files since a backup. */
export interface FileChanges {
  /** A journal says that they were deleted, whatever had become of them before; the next start forgets them. */
  readonly gone: number;
  /** They are not there, and nothing says that they were deleted. */
  readonly missing: number;
  /** They are not what was recorded. */
  readonly damaged: number;
}

export interface RestoredFilesOptions {
  readonly index: Pick<Index, 'losses' | 'passes' | 'deletion' | 'footage'>;
  /** Of the index. */
  readonly file: string;
  readonly migrationsDir: string;
  readonly roots: RootFolders;
  /** What the journals say of gaps. */
  readonly told: GapHistory;
  readonly nowMs: UnixMillis;
  readonly signal: AbortSignal;
}

/**
 * Looks at all files of a restored index as a verification does, and takes into it which were deleted, lost or damaged
 * since, and which are back. What a journal says was found damaged is read from end to end; of the files of a disk that is
 * not there nothing is said.
 */
export async function noteRestoredFiles(options: RestoredFilesOptions): Promise<FileChanges> {
  const { index, file, migrationsDir, roots } = options;
  const said = new SaidOfFiles(options.told);
  // An index made anew takes from there what was lost. A disk that takes no lines keeps nobody from restoring.
  const journals = new RootJournals(roots, () => {});
  let deleted = 0;
  const files = openRecordedFileList(file, migrationsDir);
  try {
    for (let page = files.after(0, batchFiles); page.length > 0; ) {
      for (const [rootId, own] of Map.groupBy(page, (each) => each.rootId)) {
        const { gone, findings } = await looks(rootId, own, said, options);
        condemn(gone, options);
        const changed = index.losses.note(findings, options.nowMs);
        journalLosses(rootId, changed, { index, journals });
        await journals.flush();
        deleted += gone.length;
      }
      page = files.after(page.at(-1)!.key, batchFiles);
    }
  } finally {
    files.close();
  }
  index.passes.forgetAll();
  const { missing, damaged } = index.losses.summary();
  return { gone: deleted, missing, damaged };
}

/** What the journals say last of the time of recorded files. */
class SaidOfFiles {
  readonly #told: GapHistory;
  readonly #words = new Map<string, LastWords>();

  constructor(told: GapHistory) {
    this.#told = told;
  }

  isDamaged(file: RecordedFile): boolean {
    return this.#says(file, ({ cause }) => cause === 'damaged');
  }

  /** What a file that was deleted was by then; undefined where the journals do not say that it was. */
  deletedAs(file: RecordedFile): FileFinding['finding'] | undefined {
    const isDeletion = (cause: GapCause) =>
      this.#says(file, (word) => word.isDeletion && word.cause === cause);
    // The time of a file that was lost or damaged may have a part of another one, which was deleted.
    const isLoss = (word: SettledGap) =>
      !word.isDeletion && (word.cause === 'lost' || word.cause === 'damaged');
    if (this.#says(file, isLoss)) return undefined;
    if (isDeletion('lost')) return 'missing';
    // What was recorded with a hole, and then deleted, has both.
    if (isDeletion('deleted')) return 'intact';
    return isDeletion('damaged') ? 'damaged' : undefined;
  }

  /** Whether such words hold for a part of the file's time that is more than rounding. */
  #says({ streamId, startMs, endMs }: RecordedFile, isSuch: (word: SettledGap) => boolean): boolean {
    const words = this.#words.get(streamId) ?? new LastWords(this.#told.settledOf(streamId));
    this.#words.set(streamId, words);
    const such = words.within({ startMs, endMs }).filter(isSuch);
    return such.reduce((sum, word) => sum + word.endMs - word.startMs, 0) > roundingMs;
  }
}

/** Looks at files of one root. @returns of those that are `gone` what they were when they were deleted */
async function looks(
  rootId: string,
  files: readonly RecordedFile[],
  said: SaidOfFiles,
  { roots, signal }: RestoredFilesOptions,
): Promise<{ readonly gone: readonly FileFinding[]; readonly findings: readonly FileFinding[] }> {
  const gone: FileFinding[] = [];
  const findings: FileFinding[] = [];
  const folder = roots.get(rootId);
  if (folder === undefined) return { gone, findings };
  try {
    await inProvenFolder({ id: rootId, folder }, async (proven) => {
      for (const file of files) {
        signal.throwIfAborted();
        const deep = said.isDamaged(file);
        const finding = await lookAt(path.join(proven, file.path), file, { deep, disk: realDisk });
        const deletedAs = finding === 'missing' ? said.deletedAs(file) : undefined;
        if (deletedAs) gone.push({ segmentId: file.id, finding: deletedAs });
        // What cannot be read just now is left to the verification after the next start.
        else if (typeof finding === 'string') findings.push({ segmentId: file.id, finding });
      }
    });
    return { gone, findings };
  } catch (error) {
    if (!(error instanceof NightjarError)) throw error;
    return { gone: [], findings: [] };
  }
}

/**
 * What was lost before it was deleted leaves a gap with that cause, and no alarm; what was lost at the time of the backup may
 * have been back when it was deleted.
 */
function condemn(gone: readonly FileFinding[], { index, nowMs }: RestoredFilesOptions): void {
  index.losses.note(gone, nowMs);
  index.deletion.markDeleting(
    gone.map(({ segmentId }) => segmentId),
    unseenRule,
  );
}

function journalLosses(
  rootId: string,
  changed: readonly ChangedSegment[],
  { index, journals }: { readonly index: Pick<Index, 'footage'>; readonly journals: RootJournals },
): void {
  const journal = new GapJournal(
    () => rootId,
    (rootIds, entry) => journals.append('gaps', rootIds, entry),
  );
  journalGone(
    changed.filter(({ finding }) => finding !== 'intact'),
    { gaps: index.footage.gaps, settled: journal.settled.bind(journal) },
  );
}
