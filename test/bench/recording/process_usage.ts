import { readdir, readFile } from 'node:fs/promises';

/** Ticks per second of the times in /proc/<pid>/stat: fixed for user space on all Linux machines of today. */
const ticksPerSecond = 100;

export interface ProcessUsage {
  /** User and system time of all threads so far. */
  readonly cpuSeconds: number;
  /** Proportional set size: shared pages are counted once among those who share them. */
  readonly pssBytes: number;
}

/** What these processes and all below them use now (Linux). Processes that have ended count no more. */
export async function usageOfTrees(roots: readonly number[]): Promise<ProcessUsage> {
  const pids = await treesOf(roots);
  const usages = await Promise.all(pids.map(usageOf));
  return {
    cpuSeconds: usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0),
    pssBytes: usages.reduce((sum, usage) => sum + usage.pssBytes, 0),
  };
}

async function usageOf(pid: number): Promise<ProcessUsage> {
  try {
    const fields = statFields(await readFile(`/proc/${pid}/stat`, 'latin1'));
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1');
    // proc(5): utime and stime are fields 14 and 15, of which the first two are cut off.
    const ticks = Number(fields[11]) + Number(fields[12]);
    const kibibytes = Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
    return { cpuSeconds: ticks / ticksPerSecond, pssBytes: kibibytes * 1024 };
  } catch {
    return { cpuSeconds: 0, pssBytes: 0 };
  }
}

async function treesOf(roots: readonly number[]): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => undefined);
    if (stat === undefined) continue;
    const parent = Number(statFields(stat)[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [...roots];
  for (let index = 0; index < found.length; index++) found.push(...(children.get(found[index]!) ?? []));
  return found;
}

/** The fields behind the name of the program, which stands in brackets and may have blanks. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
