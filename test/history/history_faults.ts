import { readCoverage } from '../../src/api/coverage_service.ts';
import { indexAlone } from '../../src/api/timeline_service.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { openIndexForInspection, openIndexReadOnly } from '../../src/index/open_index.ts';
import { findRoots } from '../../src/roots/mounted_roots.ts';
import { unixMillis } from '../../src/units/time.ts';
import { verify } from '../../src/verify/verify.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import type { History } from './history.ts';

const zones = ['Europe/Berlin', 'America/New_York', 'UTC'];

/** Everything that is wrong with what an installation says of its history, in words; it must have stopped. */
export async function historyFaults(history: History): Promise<string[]> {
  return [
    ...diskFaults(history),
    ...(await verificationFaults(history)),
    ...history.ledgerFaults(),
    ...dayFaults(history),
  ];
}

/** Files and rows one to one, to the byte. */
function diskFaults({ installation, sites }: History): string[] {
  const index = openIndexReadOnly(installation.databaseFile);
  const files = new Map([...installation.files()].filter(([file]) => file.endsWith('.mp4')));
  const rows = new Map(
    sites.flatMap(({ streamId }) =>
      index.footage
        .segmentsBetween(streamId, 0, Number.MAX_SAFE_INTEGER)
        .map(({ path, bytes }): [string, number] => [path, bytes]),
    ),
  );
  index.close();
  return [
    ...[...files]
      .filter(([file, bytes]) => rows.get(file) !== bytes)
      .map(([file, bytes]) => `${file} has ${bytes} bytes, its row says ${rows.get(file)}`),
    ...[...rows.keys()].filter((file) => !files.has(file)).map((file) => `${file} is not there`),
  ];
}

/** Each file read from end to end, and the index compared with itself. */
async function verificationFaults({ installation }: History): Promise<string[]> {
  const index = openIndexForInspection(installation.databaseFile, migrationsDir);
  const faults: string[] = [];
  await verify({
    index,
    roots: await findRoots([{ name: 'default', folder: installation.recordingsDir }]),
    deep: true,
    clock: systemClock,
    signal: new AbortController().signal,
    onDifference: ({ kind, path, detail }) => faults.push(`${kind} ${path}: ${detail}`),
    onOther() {},
    onProgress() {},
  });
  index.close();
  return faults;
}

/** In whatever zone, and whatever its clocks did: the days add up to the whole. */
function dayFaults(history: History): string[] {
  const index = openIndexReadOnly(history.installation.databaseFile);
  const sources = indexAlone(index.footage, history.clock);
  const faults = history.sites.flatMap(({ streamId: id }) => {
    const [fromMs, toMs] = [history.startMs, history.clock.now()].map(unixMillis) as [never, never];
    const request = { stream: { id, role: 'main' as const }, fromMs, toMs };
    return zones.flatMap((zone) => {
      const { days = [], ...whole } = readCoverage(sources, { ...request, zone });
      const sum = (figure: 'coveredMs' | 'missingMs') => days.reduce((total, day) => total + day[figure], 0);
      const isExact = sum('coveredMs') === whole.coveredMs && sum('missingMs') === whole.missingMs;
      const known = whole.coveredMs + whole.missingMs === whole.knownToMs - whole.expectedFromMs;
      return isExact && known ? [] : [`stream ${id}: the days of ${zone} do not add up`];
    });
  });
  index.close();
  return faults;
}
