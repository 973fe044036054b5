import { version } from '../version.ts';
import { exitGood, type Invocation } from './command.ts';

/** Prints the version of Nightjar and of the Node that runs it. */
export async function run({ json, process: { stdout } }: Invocation): Promise<number> {
  const node = process.versions.node;
  stdout.write(json ? `${JSON.stringify({ version, node })}\n` : `nightjar ${version} (Node ${node})\n`);
  return exitGood;
}
