import type { App } from '../app.ts';
import type { Invocation } from './command.ts';
import { runServer } from './run_server.ts';
import { settingsOf } from './settings_of.ts';

/** Records the cameras and serves the API until SIGTERM or SIGINT. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json } = invocation;
  const settings = await settingsOf(invocation);
  return runServer(process, settings, (app) => {
    process.stdout.write(json ? `${JSON.stringify({ url: app.url })}\n` : welcome(app));
  });
}

function welcome({ url, cameraCount }: App): string {
  if (cameraCount > 0) return `Nightjar serves on ${url} and records ${cameraCount} of your cameras.\n`;
  return `Nightjar serves on ${url}

There is no camera yet. Open that address in a browser to add one, or to try simulated ones.
The HTTP API is explained at ${url}/docs
`;
}
