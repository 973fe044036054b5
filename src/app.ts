import type { PartOptions, Stops } from './part.ts';
import { RecorderThreads } from './recorder/recorder_threads.ts';

/** A running server. */
export interface App {
  /** To open in a browser. */
  readonly url: string;
  readonly cameraCount: number;
  /** How it is at this moment, in one line of words. */
  summary(): string;
  /** Records simulated cameras that run inside the server. */
  addDemoCameras(): Promise<void>;
  /** Closes all files; resolves when the index knows of every one. */
  stop(): Promise<void>;
}

/**
 * Starts everything: first what records, then what people use. Each loads its code when its turn comes, so that cameras do
 * not wait for the code of the HTTP server, which is the larger half. Nothing is left running when a part cannot start.
 *
 * @throws NightjarError with what is wrong and what to do
 */
export async function startApp({ settings, clock, log }: PartOptions): Promise<App> {
  const running: Stops = [];
  let stopping = false;
  const stop = async () => {
    stopping = true;
    for (const stopOne of running.toReversed()) {
      try {
        await stopOne();
      } catch (error) {
        // What comes after it must be stopped all the same: the index last of all.
        log.logger.error({ err: error }, 'A part of the server did not stop in good order.');
      }
    }
  };

  try {
    const startedMs = clock.now();
    // They load their code on other cores, while the index is opened here.
    const threads = new RecorderThreads(settings.workers);
    running.push(() => threads.end());
    const { prepareRecording } = await import('./recording_part.ts');
    const recording = await prepareRecording({ settings, clock, log, threads, running });
    const { requireFreePort } = await import('./api/port.ts');
    // Before anything is recorded: a second start by mistake disturbs no camera.
    await requireFreePort(settings);
    const { cameraCount } = await recording.start();

    const { startServing } = await import('./serving_part.ts');
    const isStopping = () => stopping;
    const serving = await startServing({ settings, clock, log, startedMs, recording, running, isStopping });
    // Recording stops before the HTTP server does: whoever asks meanwhile hears what goes on.
    running.push(() => recording.stop(), ...serving.firstToStop);
    const { url, summary } = serving;
    const addDemoCameras = async () => {
      await recording.demoCameras.add();
    };
    return { url, cameraCount, summary, addDemoCameras, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
