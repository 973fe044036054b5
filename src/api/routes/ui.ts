import { access } from 'node:fs/promises';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from '../route.ts';

/** Where the interface routes by itself: each of these is its one page, so that links into it work. */
const pageUrls = ['/', '/live', '/timeline', '/cameras', '/cameras/*', '/storage'];
/** Vite puts what has a hash of its content in the name into this folder. */
const hashedFolder = 'assets';
const cacheForEver = 'public, max-age=31536000, immutable';
/** May be kept, but is asked for again each time: an unchanged file costs a 304. */
const cacheNever = 'no-cache';

/** Everything from here, nothing inline; pictures and media that the player makes come as `blob:`. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const notBuilt = `The web interface has not been built; Nightjar records all the same.

To build it, stop Nightjar and start it with "npm start" in its folder: that builds what is missing, and says why when
it cannot. Until then there is the HTTP API, which /docs explains.
`;

/**
 * The web interface as Vite built it.
 *
 * @param uiDir absolute; need not exist, and may be replaced by a new build at any time
 */
export async function uiRoutes(api: Api, { uiDir }: { uiDir: string }): Promise<void> {
  const hashed = path.join(uiDir, hashedFolder, path.sep);
  await api.register(fastifyStatic, {
    root: uiDir,
    dotfiles: 'ignore',
    cacheControl: false,
    suppressWarning: true,
    setHeaders: (reply, file) => {
      reply.header('cache-control', file.startsWith(hashed) ? cacheForEver : cacheNever);
      reply.header('content-security-policy', pagePolicy);
    },
  });

  const sendPage = async (request: FastifyRequest, reply: FastifyReply) => {
    if (!acceptsPage(request.headers.accept)) return reply.callNotFound();
    try {
      await access(path.join(uiDir, 'index.html'));
    } catch {
      return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt);
    }
    return reply.sendFile('index.html');
  };
  for (const url of pageUrls) api.get(url, { schema: { hide: true } }, sendPage);
}

/** A program that asks for something else than a page must not take the page for it. */
function acceptsPage(accept: string | undefined): boolean {
  return accept === undefined || /text\/html|text\/\*|\*\/\*/.test(accept);
}
