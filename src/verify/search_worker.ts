/**
 * A process of its own, so that a million looks at files take neither time nor disk from the recorders: it asks for the
 * lowest priority, which the disk's scheduler goes by too. It ends with its parent, and by its parent's word alone.
 */
import os from 'node:os';
import { systemClock } from '../clock/system_clock.ts';
import { openRecordedFileList } from '../index/open_index.ts';
import { searchLosses } from './loss_search.ts';
import { pacedDisk } from './paced_disk.ts';
import type { FromSearch, SearchOrder } from './search_job.ts';

const lowestPriority = 19;

// A terminal sends them to all of its processes: the parent decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit());
os.setPriority(lowestPriority);

const send = (message: FromSearch) => {
  process.send?.(message);
};

process.once('message', async (order: SearchOrder) => {
  try {
    const files = openRecordedFileList(order.databaseFile, order.migrationsDir);
    const result = await searchLosses({
      files,
      roots: new Map(order.roots),
      job: order.job,
      clock: systemClock,
      // Somebody waits for single files; all together must leave the disks to the recorders.
      ...(order.job.kind === 'all' && { disk: pacedDisk(systemClock) }),
      onFindings: (rootId, findings) =>
        new Promise((resolve) => {
          process.once('message', () => resolve());
          send({ kind: 'findings', rootId, findings });
        }),
    });
    files.close();
    send({ kind: 'done', result });
  } catch (error) {
    send({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
});
