import type { CommandModule } from './command.ts';
import type { CommandName } from './command_table.ts';

/** The code of each command, loaded only when it runs: `nightjar version` must not load a database. */
export const commandLoader: Readonly<Record<CommandName, () => Promise<CommandModule>>> = {
  serve: () => import('./serve.ts'),
  discover: () => import('./discover.ts'),
  probe: () => import('./probe.ts'),
  record: () => import('./record.ts'),
  replay: () => import('./replay.ts'),
  coverage: () => import('./coverage.ts'),
  demo: () => import('./demo.ts'),
  verify: () => import('./verify.ts'),
  reindex: () => import('./reindex.ts'),
  backup: () => import('./backup.ts'),
  restore: () => import('./restore.ts'),
  doctor: () => import('./doctor.ts'),
  help: () => import('./help.ts'),
  version: () => import('./version.ts'),
};
