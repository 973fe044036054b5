import type { Clock } from '../clock/clock.ts';
import type { RtspRequest } from '../rtsp/message.ts';
import { RtspServer } from '../rtsp/server.ts';
import type { RtspServerConnection } from '../rtsp/server_connection.ts';
import { pathOf } from '../rtsp/server_session.ts';
import type { CameraCounters, SimulatedCamera } from './camera.ts';
import { CameraResource, PreparedClips } from './camera_resource.ts';
import { demoClip } from './clip.ts';
import { faultyAnswer } from './faults.ts';
import { SendBuffer } from './send_buffer.ts';
import { SendWheel } from './send_wheel.ts';

export interface SimulatorOptions {
  readonly clock: Clock;
  /** A list, or a look-up that may change its mind: a camera is known by its object, and undefined is a 404. */
  readonly cameras: readonly SimulatedCamera[] | ((path: string) => SimulatedCamera | undefined);
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** PEM: then it speaks RTSP over TLS alone. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Of RTSP sessions; 60 s by default. */
  readonly sessionTimeoutMs?: number;
  /** How late a packet may be; 5 ms by default, less costs more. */
  readonly wheelIntervalMs?: number;
  /** For requests that are no RTSP. */
  readonly onProtocolError?: (error: Error) => void;
}

/** Cameras on one port, told apart by their paths. */
export class SimulatorServer {
  readonly #options: SimulatorOptions;
  readonly #resourceOptions: Omit<ConstructorParameters<typeof CameraResource>[0], 'camera'>;
  readonly #resources = new WeakMap<SimulatedCamera, CameraResource>();
  readonly #connections = new Map<string, Set<RtspServerConnection>>();
  readonly #byPath: (path: string) => SimulatedCamera | undefined;
  #server!: RtspServer;

  private constructor(
    options: SimulatorOptions,
    resourceOptions: Omit<ConstructorParameters<typeof CameraResource>[0], 'camera'>,
  ) {
    this.#options = options;
    this.#resourceOptions = resourceOptions;
    const { cameras } = options;
    if (typeof cameras === 'function') {
      this.#byPath = cameras;
    } else {
      const map = new Map(cameras.map((camera) => [camera.path, camera]));
      this.#byPath = (path) => map.get(path);
    }
  }

  static async start(options: SimulatorOptions): Promise<SimulatorServer> {
    const { clock } = options;
    const simulator = new SimulatorServer(options, {
      clock,
      wheel: new SendWheel(clock, options.wheelIntervalMs),
      buffer: new SendBuffer(),
      clips: new PreparedClips(),
      demo: { main: await demoClip('main'), sub: await demoClip('sub') },
    });
    simulator.#server = await RtspServer.listen({
      clock,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
      ...(options.onProtocolError === undefined ? {} : { onProtocolError: options.onProtocolError }),
      find: (path) => simulator.#find(path),
      intercept: (request, connection) => simulator.#intercept(request, connection),
    });
    return simulator;
  }

  get port(): number {
    return this.#server.port;
  }

  /** Open connections, playing or not. */
  get connections(): number {
    return this.#server.connections;
  }

  /** Without credentials: those belong to the client. */
  url(path: string): string {
    const scheme = this.#options.tls ? 'rtsps' : 'rtsp';
    return `${scheme}://${this.#options.host ?? '127.0.0.1'}:${this.port}/${path}`;
  }

  /** What a camera has sent so far: a copy. Zeros before its first request. */
  counters(path: string): CameraCounters {
    const resource = this.#find(path);
    if (!resource) throw new RangeError(`the simulator has no camera at ${path}`);
    return { ...resource.counters };
  }

  /** Cuts all connections to a camera with a reset, as when its power fails for a moment. */
  disconnect(path: string): void {
    for (const connection of this.#connections.get(path) ?? []) connection.close('reset');
    this.#connections.delete(path);
  }

  /** Cuts all connections and frees the port. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  /** The camera whose path this is, or is continued by the control of one of its media. */
  #find(path: string): CameraResource | undefined {
    const slash = path.lastIndexOf('/');
    const camera = this.#byPath(path) ?? (slash < 0 ? undefined : this.#byPath(path.slice(0, slash)));
    if (!camera) return undefined;
    let resource = this.#resources.get(camera);
    if (!resource) {
      resource = new CameraResource({ ...this.#resourceOptions, camera });
      this.#resources.set(camera, resource);
    }
    return resource;
  }

  #intercept(request: RtspRequest, connection: RtspServerConnection): boolean {
    const resource = this.#find(pathOf(request.url));
    if (!resource) return false;
    this.#remember(resource.path, connection);
    const number = request.headers.get('CSeq') ?? '0';
    const answer = faultyAnswer(resource.camera.faults ?? {}, request, number);
    if (!answer) return false;
    if (answer.length > 0) connection.sendRaw(answer);
    return true;
  }

  #remember(path: string, connection: RtspServerConnection): void {
    let connections = this.#connections.get(path);
    if (!connections) {
      connections = new Set();
      this.#connections.set(path, connections);
    }
    for (const each of connections) if (each.closed) connections.delete(each);
    connections.add(connection);
  }
}

/** Starts simulated cameras: hundreds are cheap, since they share the packets of their clip and one timer. */
export function startSimulator(options: SimulatorOptions): Promise<SimulatorServer> {
  return SimulatorServer.start(options);
}
