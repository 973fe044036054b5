import { createServer } from 'node:net';
import { NightjarError } from '../errors/nightjar_error.ts';
import { systemCode } from '../errors/system_error.ts';

/** Where the server listens. */
export interface ListenPlace {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/**
 * Takes the port and gives it back at once: so that a start that cannot listen is known before anything is recorded, and
 * before the server is there that will listen.
 *
 * @throws NightjarError `port_in_use`, `setting_invalid`
 */
export async function requireFreePort({ host, port }: ListenPlace): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  } catch (thrown) {
    throw listenError(thrown, { host, port });
  }
  await new Promise((resolve) => server.close(resolve));
}

/** What listening failed with, as an error of ours where it is one of the system. */
export function listenError(thrown: unknown, { host, port }: ListenPlace): unknown {
  const code = systemCode(thrown);
  if (code === undefined) return thrown;
  if (code === 'EADDRINUSE') {
    return new NightjarError('port_in_use', `Another program listens on ${host} port ${port}.`, {
      cause: thrown,
    });
  }
  return new NightjarError(
    'setting_invalid',
    `Cannot listen on ${host} port ${port}: ${(thrown as Error).message}.`,
    {
      place: { field: code === 'EACCES' ? 'port' : 'host' },
      cause: thrown,
    },
  );
}
