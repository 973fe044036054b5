import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { App } from '../app.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { Settings } from '../settings/setting_table.ts';
import { demoCredentials } from '../simulator/demo_cameras.ts';
import type { Invocation } from './command.ts';
import { runServer } from './run_server.ts';
import { settingsOf } from './settings_of.ts';

/** Records simulated cameras into a temporary folder, which goes when the demo ends. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json } = invocation;
  const given = await settingsOf(invocation);
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-demo-'));
  try {
    const settings: Settings = {
      ...given,
      dataDir: path.join(folder, 'data'),
      recordingsDir: path.join(folder, 'recordings'),
      storageRoots: [],
      // A demo never deletes anything to make room.
      minFreeBytes: 0,
    };
    return await runOnFreePort(invocation, settings, async (app) => {
      await app.addDemoCameras();
      process.stdout.write(json ? `${JSON.stringify({ url: app.url, folder })}\n` : welcome(app.url, folder));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** On the usual port, or on any other when that is taken and nobody asked for it. */
async function runOnFreePort(
  { process, settingFlags }: Invocation,
  settings: Settings,
  onStart: (app: App) => Promise<void>,
): Promise<number> {
  try {
    return await runServer(process, settings, onStart);
  } catch (thrown) {
    const taken = thrown instanceof NightjarError && thrown.code === 'port_in_use';
    if (!taken || settingFlags.port !== undefined) throw thrown;
    return await runServer(process, { ...settings, port: 0 }, onStart);
  }
}

function welcome(url: string, folder: string): string {
  const { username, password } = demoCredentials;
  return `Nightjar records two simulated cameras. To watch them, open

  ${url}

The cameras can be found by discovery; user name ${username}, password ${password}. The HTTP API: ${url}/docs

Everything is in ${folder} and goes when you press Ctrl+C.
`;
}
