import { readObject } from './journal_line.ts';

/**
 * The lines of the journals of gaps of several roots as one journal: a camera that was moved from one to another has its gaps in
 * both. Each journal keeps its own order, whatever the host's clock did; between them the earlier instant comes first, and
 * of one instant an end before a beginning. One line of each journal is in memory.
 */
export async function* inOrderOfTime(journals: readonly AsyncIterable<string>[]): AsyncGenerator<string> {
  const heads = await Promise.all(journals.map((journal) => nextOf(journal[Symbol.asyncIterator]())));
  for (;;) {
    const next = heads.reduce(earlier, undefined);
    if (!next) return;
    yield next.line;
    heads[heads.indexOf(next)] = await nextOf(next.rest);
  }
}

interface Head {
  readonly line: string;
  readonly atMs: number;
  readonly begins: boolean;
  readonly rest: AsyncIterator<string>;
}

async function nextOf(rest: AsyncIterator<string>): Promise<Head | undefined> {
  const { done, value: line } = await rest.next();
  if (done === true) return undefined;
  const { fromMs, toMs } = readObject(line) ?? {};
  const begins = typeof fromMs === 'number';
  // What retention settled tells of instants long past, and the beginning of a run of none: they go with the line before.
  const atMs = begins && typeof toMs === 'number' ? undefined : (fromMs ?? toMs);
  return { line, atMs: typeof atMs === 'number' ? atMs : Number.NEGATIVE_INFINITY, begins, rest };
}

function earlier(a: Head | undefined, b: Head | undefined): Head | undefined {
  if (!a || !b) return a ?? b;
  if (a.atMs !== b.atMs) return a.atMs < b.atMs ? a : b;
  return a.begins && !b.begins ? b : a;
}
