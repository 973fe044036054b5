import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../fixtures/until.ts';

/** VLC's RTSP server: over UDP alone. It begins at once, whether somebody listens or not. */
export class VlcCamera {
  readonly url: string;
  /** Resolves when the clip was played to its end. */
  readonly played: Promise<void>;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#child = child;
    this.url = url;
    this.#folder = folder;
    this.played = once(child, 'exit').then(() => {});
  }

  /** @throws Error when VLC ends before it serves the clip */
  static async start(clip: string): Promise<VlcCamera> {
    // VLC refuses to be root, and whoever it is then must be able to read the clip.
    const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-vlc-'));
    const file = path.join(folder, path.basename(clip));
    await copyFile(clip, file);
    await chmod(file, 0o644);
    await chmod(folder, 0o777);
    const port = await freePort();
    const url = `rtsp://127.0.0.1:${port}/clip`;
    const vlc = [
      ...['cvlc', '--intf=dummy', '--quiet', '--no-media-library', '--aout=dummy', '--vout=dummy'],
      ...['--rtsp-host=127.0.0.1', `--rtsp-port=${port}`, file, `--sout=#rtp{sdp=${url}}`, 'vlc://quit'],
    ];
    const words = process.getuid?.() === 0 ? ['runuser', '-u', 'nobody', '--', ...vlc] : vlc;
    const child = spawn(words[0]!, words.slice(1), {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder },
    });
    const camera = new VlcCamera(child, url, folder);
    try {
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`VLC ended with ${child.exitCode}`);
        return isDescribed(port, url);
      });
    } catch (error) {
      await camera.stop();
      throw error;
    }
    return camera;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      await this.played;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return (address as { port: number }).port;
}

/** Whether the server has the clip: it answers before it has. */
async function isDescribed(port: number, url: string): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString().startsWith('RTSP/1.0 200');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
