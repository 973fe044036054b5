import Type from 'typebox';
import { dropOldest } from '../../delivery/drop_oldest.ts';
import { type UnixMillis, unixMillis } from '../../units/time.ts';
import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { ClipQuery } from '../contract/footage.ts';
import { parseWindow } from '../instant.ts';
import { mediaRequest, sendMedia } from '../media_reply.ts';
import type { ApiServices } from '../ports.ts';
import { type Api, answers, fileAnswer, type RouteOptions } from '../route.ts';

/** GET and HEAD /cameras/{id}/clip.mp4: a piece of footage as one file that plays everywhere. */
export async function clipRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  /** The address of a version by the client and what it had asked for, the one asked for longest ago first. */
  const given = new Map<string, string>();
  api.route({
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    url: '/cameras/:cameraId/clip.mp4',
    schema: {
      summary: 'A clip as one MP4 file',
      description:
        'Made on the way out, with the exact length known beforehand. Ranges and If-Range are answered; the ETag is that of the footage as it was found.',
      tags: ['footage'],
      params: CameraParams,
      querystring: ClipQuery,
      response: answers({
        307: Type.Null({
          description:
            'The window reaches into the last minute, where footage still comes and settles: the version of now, up to the newest footage.',
        }),
        200: fileAnswer('The whole clip.', 'video/mp4'),
        206: fileAnswer('The range of bytes that was asked for.', 'video/mp4'),
      }),
    },
    handler: async (request, reply) => {
      const { stream, gaps = 'close', version } = request.query;
      const window = parseWindow(request.query);
      const camera = findCamera(services.cameras, request.params.cameraId);
      const { id } = findStream(camera, stream);
      const asked = { streamId: id, ...window, gaps, version };
      const http = mediaRequest(request, reply);
      const toVersion = (location: string) =>
        reply.header('cache-control', redirectLifetime).redirect(location, 307);
      const asker = `${request.ip} ${request.url}`;
      const begun = given.get(asker);
      if (begun !== undefined && goesOn(http.range)) return toVersion(begun);
      if (version === undefined && window.toMs > services.clock.now() - unsettledMs) {
        const toMs = knownEnd(services, asked);
        const { headers } = await services.delivery.clip({ ...asked, toMs }, { ...http, ...onlyFacts });
        const etag = headers.etag!.slice(1, -1);
        const query = new URLSearchParams({ ...request.query, to: String(toMs), version: etag });
        const location = `${request.url.split('?', 1)[0]}?${query}`;
        given.delete(asker);
        given.set(asker, location);
        dropOldest(given, maxGiven);
        return toVersion(location);
      }
      const answer = await services.delivery.clip(asked, http);
      reply.header('content-disposition', disposition(camera.name, window.fromMs));
      return sendMedia(reply, answer);
    },
  });
}

/**
 * How long what was recorded may still change: sound may come after its pictures, the start of a run may move, and a slow
 * disk has fragments late. Two requests for parts of one file must find the same file, and not every reader asks with
 * If-Range: the address says which version it is of.
 */
const unsettledMs = 60_000;

/**
 * For so long a reader need not ask again, in seconds. FFmpeg asks the first address for each part anew unless told so,
 * and understands the age only where it stands first.
 */
const redirectLifetime = 'max-age=60, private';

/** Clients whose version is remembered. */
const maxGiven = 1_000;

/** Whether a part is asked for of which the start is known already: that must be of the version which began. */
function goesOn(range: string | undefined): boolean {
  return range !== undefined && !/^bytes=0+-/.test(range);
}

/** The version is asked for whatever the client has of it, and without its bytes. */
const onlyFacts = { head: true, range: undefined, ifRange: undefined, ifNoneMatch: undefined };

/** Where the footage of a window ends by now; where the window does when that is sooner, or nothing is there. */
function knownEnd(
  services: ApiServices,
  { streamId, fromMs, toMs }: { streamId: string; fromMs: UnixMillis; toMs: UnixMillis },
): UnixMillis {
  const nearMs = Math.max(fromMs, services.clock.now() - unsettledMs);
  if (toMs <= nearMs) return toMs;
  const { knownToMs } = services.timeline({ streamId, fromMs: unixMillis(nearMs), toMs });
  const endMs = unixMillis(Math.min(Math.floor(knownToMs), toMs));
  return endMs > fromMs ? endMs : toMs;
}

/** RFC 6266: the name under which a browser saves the clip, plain for old ones and exact for others. */
export function disposition(cameraName: string, fromMs: number): string {
  const time = new Date(fromMs).toISOString().slice(0, 19).replaceAll(':', '-');
  const name = `${cameraName} ${time}Z.mp4`.replace(/[\p{Cc}/\\]/gu, '_');
  const plain = name.replace(/[^\x20-\x7e]|["%]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `inline; filename="${plain}"; filename*=UTF-8''${exact}`;
}
