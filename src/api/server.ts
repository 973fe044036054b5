import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import websocket from '@fastify/websocket';
import fastify, { type FastifyError, type FastifyReply, LogController } from 'fastify';
import type { ErrorCode } from '../errors/catalogue.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { Logger } from '../logging/logger.ts';
import { Problem } from './contract/problem.ts';
import { lazyCompilers } from './lazy_compilers.ts';
import { type ListenPlace, listenError } from './port.ts';
import type { ApiServices } from './ports.ts';
import { frameworkFault, problemOf, problemType, validationFaults } from './problem.ts';
import { allowedHosts, checkRequestOrigin } from './request_guard.ts';
import { alarmRoutes } from './routes/alarms.ts';
import { burstRoutes } from './routes/bursts.ts';
import { cameraRoutes } from './routes/cameras.ts';
import { clipRoutes } from './routes/clip.ts';
import { coverageRoutes } from './routes/coverage.ts';
import { demoCameraRoutes } from './routes/demo_cameras.ts';
import { deviceRoutes } from './routes/devices.ts';
import { discoveryRoutes } from './routes/discoveries.ts';
import { documentRoutes } from './routes/documents.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { keyFrameRoutes } from './routes/keyframe.ts';
import { liveRoutes, webSocketOptions } from './routes/live.ts';
import { metadataRoutes } from './routes/metadata.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { playlistRoutes } from './routes/playlist.ts';
import { probeRoutes } from './routes/probes.ts';
import { protectionRoutes } from './routes/protections.ts';
import { retentionRoutes } from './routes/retention.ts';
import { statusRoutes } from './routes/status.ts';
import { timelineRoutes } from './routes/timeline.ts';
import { uiRoutes } from './routes/ui.ts';
import { updateRoutes } from './routes/updates.ts';
import { verificationRoutes } from './routes/verification.ts';

/** Longest body of a request. */
const maxBodyBytes = 64 * 1024;
/** A request must have come in whole after this time. */
const requestTimeoutMs = 30_000;

/** A server that stops, serves as many as it can, or lacks what it need not have, has not failed. */
const expectedCodes: ReadonlySet<ErrorCode> = new Set(['stopping', 'too_busy', 'ffmpeg_missing']);
/** When to come again after `too_busy`: about as long as a clip takes to be prepared. */
const busySeconds = 2;

/** Requests to other hosts than the one where it listens are refused. */
export interface ServerOptions extends ListenPlace {
  readonly services: ApiServices;
  readonly logger: Logger;
  /** Folder of the web interface as it was built; need not exist. */
  readonly uiDir: string;
}

export type ApiServer = Awaited<ReturnType<typeof createServer>>;

/** The HTTP server with all its routes; it does not listen yet. */
export async function createServer({ services, logger, uiDir, host, port }: ServerOptions) {
  const app = fastify({
    // Where the server listens is said to people by whoever started it, and when a client leaves is no news.
    loggerInstance: logger.child({}, { level: logger.level === 'info' ? 'warn' : logger.level }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    // A player that never closes its connection must not hold up the end.
    forceCloseConnections: true,
    return503OnClosing: false,
    ajv: {
      // What is sent must be what is meant: "8080" is no number, and an unknown field is a mistake.
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        allErrors: true,
        verbose: true,
        allowUnionTypes: true,
      },
    },
    schemaController: { compilersFactory: lazyCompilers() },
    clientErrorHandler: refuseMalformedRequest,
    frameworkErrors: (thrown, _, reply) => void sendProblem(reply, explain(thrown).error),
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.removeContentTypeParser('text/plain');
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The server speaks plain HTTP to this machine alone.
    strictTransportSecurity: false,
  });

  let hosts = allowedHosts({ host, port });
  app.server.on('listening', () => {
    const address = app.server.address();
    if (typeof address === 'object' && address) hosts = allowedHosts({ host, port: address.port });
  });

  // Before all routes and hooks: it must know those, and what these refuse is its connection to close.
  await app.register(websocket, webSocketOptions(services.clock));
  app.addHook('onRequest', async (request) => {
    checkRequestOrigin(request.headers, hosts);
    if (services.isStopping() && request.routeOptions.url !== '/health') {
      throw new NightjarError('stopping', 'The server is stopping.');
    }
  });
  app.addHook('onSend', async (_, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });

  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const { error, faults } = explain(thrown);
    const what = `${request.method} ${request.routeOptions.url ?? 'an unknown address'}`;
    if (isOfCamera(error)) request.log.info({ code: error.code }, `${what}: ${error.message}`);
    else if (error.entry.httpStatus >= 500 && !expectedCodes.has(error.code)) {
      request.log.error({ err: thrown, code: error.code }, `${what} failed`);
    }
    return sendProblem(reply, error, faults);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!.slice(0, 200);
    sendProblem(reply, new NightjarError('not_found', `There is no ${request.method} ${path}.`));
  });

  app.addSchema({ ...Problem, $id: 'Problem' });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Nightjar',
        description:
          'A network video recorder. Instants are integer epoch milliseconds in fields that end in `Ms`.',
        version: services.version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
    },
    refResolver: { buildLocalReference: (schema, _, __, index) => String(schema.$id ?? `schema-${index}`) },
  });

  await app.register(healthRoutes, { services });
  await app.register(metricsRoutes, { services });
  await app.register(documentRoutes);
  await app.register(uiRoutes, { uiDir });
  await app.register(
    async (api) => {
      await api.register(statusRoutes, { services });
      await api.register(alarmRoutes, { services });
      await api.register(cameraRoutes, { services });
      await api.register(discoveryRoutes, { services });
      await api.register(deviceRoutes, { services });
      await api.register(demoCameraRoutes, { services });
      await api.register(probeRoutes, { services });
      await api.register(timelineRoutes, { services });
      await api.register(burstRoutes, { services });
      await api.register(coverageRoutes, { services });
      await api.register(eventRoutes, { services });
      await api.register(protectionRoutes, { services });
      await api.register(retentionRoutes, { services });
      await api.register(verificationRoutes, { services });
      await api.register(playlistRoutes, { services });
      await api.register(clipRoutes, { services });
      await api.register(keyFrameRoutes, { services });
      await api.register(metadataRoutes, { services });
      await api.register(updateRoutes, { services });
      await api.register(liveRoutes, { services });
    },
    { prefix: '/api/v1' },
  );
  await app.ready();
  return app;
}

/**
 * Begins to listen.
 *
 * @returns the URL to open
 * @throws NightjarError `port_in_use`, `setting_invalid`
 */
export async function listen(app: ApiServer, { host, port }: ListenPlace): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (thrown) {
    throw listenError(thrown, { host, port });
  }
}

/** What a camera does wrong is for whoever asked about it; this server is well. */
function isOfCamera({ entry }: NightjarError): boolean {
  return entry.class === 'camera' || entry.class === 'network';
}

function explain(thrown: FastifyError): {
  error: NightjarError;
  faults: ReturnType<typeof validationFaults>;
} {
  if (thrown.validation) {
    const faults = validationFaults(thrown.validation, thrown.validationContext ?? 'body');
    const detail = faults.map((fault) => fault.detail).join(' ');
    return { error: new NightjarError('request_invalid', detail, { cause: thrown }), faults };
  }
  const fault = frameworkFault(thrown);
  if (fault) return { error: new NightjarError(fault.code, fault.detail, { cause: thrown }), faults: [] };
  return { error: toNightjarError(thrown), faults: [] };
}

function sendProblem(
  reply: FastifyReply,
  error: NightjarError,
  faults: ReturnType<typeof validationFaults> = [],
): FastifyReply {
  const problem = problemOf(error, faults);
  if (error.code === 'too_busy') reply.header('retry-after', String(busySeconds));
  // A plain string: the schemas of the route are for its own answers.
  return reply.code(problem.status).type(problemType).send(JSON.stringify(problem));
}

/** What cannot even be parsed as HTTP gets a last word too. */
function refuseMalformedRequest(_: Error, socket: import('node:net').Socket): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(
    problemOf(new NightjarError('request_invalid', 'This is not an HTTP request.')),
  );
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
