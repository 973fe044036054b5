import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { until } from '../fixtures/until.ts';

/** Why this machine cannot have networks of a test's own; false when it can. */
export function namespacesMissing(): string | false {
  const name = `nightjar-${process.pid}-try`;
  try {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'add', 'bridge0', 'type', 'bridge');
    ip('-n', name, 'link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1');
    return false;
  } catch (error) {
    const reason = String((error as { stderr?: string }).stderr || (error as Error).message).trim();
    return `network namespaces need root and iproute2 (${reason})`;
  } finally {
    try {
      ip('netns', 'delete', name);
    } catch {
      // It was never made.
    }
  }
}

function ip(...words: string[]): void {
  execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' });
}

/** Hosts on networks of their own, each a network namespace, all joined in one with a bridge for each network. */
export class TestNetworks {
  readonly #prefix = `nightjar-${process.pid}-${Math.trunc(performance.now())}`;
  readonly #namespaces: string[] = [];
  readonly #processes: ChildProcess[] = [];
  readonly #switch: string;
  readonly #bridges = new Set<number>();
  #ports = 0;

  /** @param after runs what ends them all */
  constructor(after: (end: () => Promise<void>) => void) {
    after(() => this.#end());
    this.#switch = this.#namespace('switch');
  }

  /** A host with an address in each of some networks: `10.77.network.number`. */
  addHost(name: string, networks: readonly number[], number: number): TestHost {
    const namespace = this.#namespace(name);
    for (const [at, network] of networks.entries()) {
      const port = `port${this.#ports++}`;
      ip(
        'link',
        'add',
        `eth${at}`,
        'netns',
        namespace,
        'type',
        'veth',
        'peer',
        'name',
        port,
        'netns',
        this.#switch,
      );
      ip('-n', namespace, 'address', 'add', `10.77.${network}.${number}/24`, 'dev', `eth${at}`);
      ip('-n', namespace, 'link', 'set', `eth${at}`, 'up');
      ip('-n', this.#switch, 'link', 'set', port, 'master', this.#bridge(network), 'up');
    }
    return new TestHost(namespace, (child) => this.#processes.push(child));
  }

  #bridge(network: number): string {
    const bridge = `bridge${network}`;
    if (!this.#bridges.has(network)) {
      this.#bridges.add(network);
      // Without querier nobody keeps the list of who listens to which group: multicast goes to all.
      ip('-n', this.#switch, 'link', 'add', bridge, 'type', 'bridge', 'mcast_snooping', '0');
      ip('-n', this.#switch, 'link', 'set', bridge, 'up');
    }
    return bridge;
  }

  #namespace(name: string): string {
    const namespace = `${this.#prefix}-${name}`;
    ip('netns', 'add', namespace);
    this.#namespaces.push(namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return namespace;
  }

  async #end(): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    await until(() =>
      this.#processes.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null),
    );
    for (const namespace of this.#namespaces) ip('netns', 'delete', namespace);
  }
}

/** One host of {@link TestNetworks}. */
export class TestHost {
  readonly #namespace: string;
  readonly #onStart: (child: ChildProcess) => void;

  constructor(namespace: string, onStart: (child: ChildProcess) => void) {
    this.#namespace = namespace;
    this.#onStart = onStart;
  }

  /** A route for packets to a group, as the programs want it that join on no interface in particular. */
  routeMulticast(): void {
    ip('-n', this.#namespace, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
  }

  /** Starts a Node.js program that runs until the test ends; resolves when it prints its first line. */
  async start(words: readonly string[], env: Record<string, string> = {}): Promise<void> {
    const child = spawn('ip', ['netns', 'exec', this.#namespace, process.execPath, ...words], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#onStart(child);
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
      execFile(
        'ip',
        ['netns', 'exec', this.#namespace, process.execPath, ...words],
        { encoding: 'utf8', timeout: 30_000 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : Number(error.code ?? -1);
          resolve({ code, stdout, stderr, tookMs: performance.now() - startMs });
        },
      );
    });
  }
}
