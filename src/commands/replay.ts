import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDialogue } from '../dialogue/dialogue_text.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { wholeNumber } from '../settings/value.ts';
import { DialogueCamera } from '../simulator/dialogue_camera.ts';
import { exitGood, type Invocation } from './command.ts';
import { optionValue } from './option_value.ts';

const host = '127.0.0.1';

/** Plays a dialogue as a camera until the process is told to end. */
export async function run(invocation: Invocation): Promise<number> {
  const { operands, process, json } = invocation;
  const file = operands[0]!;
  const port = optionValue(invocation, 'port', wholeNumber(1, 65_535));
  const dialogue = parseDialogue(await readText(path.resolve(process.workingDir, file)), file);
  const camera = await DialogueCamera.start({
    dialogue,
    clock: process.clock,
    ...(port !== undefined && { port }),
    again: true,
    onSurprise: (surprise) => process.stderr.write(`nightjar: ${surprise}\n`),
  }).catch((error) => {
    if (error?.code !== 'EADDRINUSE') throw error;
    throw new NightjarError('port_in_use', `Another program listens on ${host} port ${port}.`);
  });
  const { login, camera: name } = dialogue;
  const { url } = camera;
  const entry = login ? `, user name ${login.username}, password ${login.password}` : '';
  process.stdout.write(json ? `${JSON.stringify({ url, ...login })}\n` : `${name} is at ${url}${entry}\n`);
  await new Promise<void>((resolve) => {
    if (process.signal.aborted) resolve();
    else process.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await camera.close();
  return exitGood;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    const detail = `${file} cannot be read: ${(thrown as Error).message}.`;
    throw new NightjarError('dialogue_malformed', detail, { place: { file }, cause: thrown });
  }
}
