import { readdir, readFile } from 'node:fs/promises';

/** Inputs that failed once, in a folder per target. */
export const keptFolder = new URL('kept/', import.meta.url);

/** Those of one target with their file names; none when it never failed. */
export async function keptInputs(target: string): Promise<{ name: string; input: Uint8Array }[]> {
  const folder = new URL(`${target}/`, keptFolder);
  const names = await readdir(folder).catch(() => [] as string[]);
  return Promise.all(
    names.sort().map(async (name) => ({ name, input: await readFile(new URL(name, folder)) })),
  );
}
