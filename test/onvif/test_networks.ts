import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { NetworkNamespace } from '../fixtures/network_namespace.ts';
import { until } from '../fixtures/until.ts';

/** Hosts on networks of their own, joined by a bridge for each network. */
export class TestNetworks {
  readonly #hub: NetworkNamespace;
  readonly #hosts: TestHost[] = [];

  private constructor(hub: NetworkNamespace) {
    this.#hub = hub;
  }

  static async create(): Promise<TestNetworks> {
    return new TestNetworks(await NetworkNamespace.create());
  }

  /** A host with an address in each of some networks: `10.77.network.number`. */
  async addHost(networks: readonly number[], number: number): Promise<TestHost> {
    const namespace = await NetworkNamespace.create();
    for (const [at, network] of networks.entries()) {
      await namespace.plug(`eth${at}`, `10.77.${network}.${number}`, this.#hub, `bridge${network}`);
    }
    const host = new TestHost(namespace);
    this.#hosts.push(host);
    return host;
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) await host.close();
    await this.#hub.close();
  }
}

/** One host of {@link TestNetworks}. */
export class TestHost {
  readonly #namespace: NetworkNamespace;
  readonly #running: ChildProcess[] = [];

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
  }

  /** As programs want it that join a group on no card in particular. */
  routeMulticast(): Promise<void> {
    return this.#namespace.routeMulticast('eth0');
  }

  /** Starts a Node.js program that runs until the end; resolves when it has printed a line. */
  async start(words: readonly string[], env: Record<string, string> = {}): Promise<void> {
    const child = spawn(...this.#namespace.command(process.execPath, ...words), {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#running.push(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await until(() => {
      if (child.exitCode !== null) throw new Error(`${words.join(' ')} ended with ${child.exitCode}.`);
      return output.includes('\n');
    });
  }

  /** Runs a Node.js program to its end. */
  run(words: readonly string[]): Promise<{ code: number; stdout: string; stderr: string; tookMs: number }> {
    const startMs = performance.now();
    return new Promise((resolve) => {
      const [file, args] = this.#namespace.command(process.execPath, ...words);
      execFile(file, args, { encoding: 'utf8', timeout: 30_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? -1);
        resolve({ code, stdout, stderr, tookMs: performance.now() - startMs });
      });
    });
  }

  async close(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await until(() =>
      this.#running.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null),
    );
    await this.#namespace.close();
  }
}
