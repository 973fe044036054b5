/**
 * One SOAP request over HTTP, with a bound on the bytes and the time of the answer. Redirects are not followed: they
 * would lead to hosts that nobody asked for. Each request has its own connection, which ends with it.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Clock } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import { systemCode } from '../errors/system_error.ts';

/** Longest answer; the profiles of a recorder with a hundred channels have about half of it. */
export const maxAnswerBytes = 512 * 1024;
const maxHeaderBytes = 16 * 1024;
const headerText = /^[\t\x20-\x7e\x80-\xff]*$/;

export interface SoapRequest {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly action: string;
  readonly body: string;
  readonly authorization?: string;
}

export interface SoapAnswer {
  readonly status: number;
  /** All values of WWW-Authenticate. */
  readonly challenges: readonly string[];
  readonly text: string;
}

/**
 * Sends a request and reads the whole answer.
 *
 * @param options.timeoutMs for all of it
 * @throws NightjarError `onvif_unreachable`, `onvif_off` when it is no HTTP, `onvif_malformed` when it is too long;
 *   the signal's reason when that is aborted
 */
export function postSoap(
  request: SoapRequest,
  options: { clock: Clock; timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<SoapAnswer> {
  const { host, port, path, action, body, authorization } = request;
  const { clock, timeoutMs, signal } = options;
  const where = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    if (authorization !== undefined && !headerText.test(authorization)) {
      return reject(new NightjarError('onvif_malformed', `The challenge of ${where} cannot be answered.`));
    }
    const sent = httpRequest({
      host,
      port,
      path,
      method: 'POST',
      agent: false,
      maxHeaderSize: maxHeaderBytes,
      // Small web servers send headers that the letter of the standard forbids; the connection ends with the answer.
      insecureHTTPParser: true,
      headers: {
        'content-type': `application/soap+xml; charset=utf-8; action="${action}"`,
        'content-length': Buffer.byteLength(body),
        'user-agent': 'nightjar',
        connection: 'close',
        ...(authorization !== undefined && { authorization }),
      },
    });
    const end = (settle: () => void) => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      sent.destroy();
      settle();
    };
    const fail = (error: unknown) => end(() => reject(error));
    const onAbort = () => fail(signal?.reason);
    const timer = clock.after(timeoutMs, () => {
      const seconds = timeoutMs / 1000;
      fail(new NightjarError('onvif_unreachable', `${where} did not answer within ${seconds} s.`));
    });
    signal?.addEventListener('abort', onAbort, { once: true });

    sent.on('error', (error) => fail(connectionError(error, where)));
    sent.on('response', (answer) => {
      readAnswer(answer).then(
        (text) =>
          end(() => resolve({ status: answer.statusCode ?? 0, challenges: challengesOf(answer), text })),
        (error) => fail(connectionError(error, where)),
      );
    });
    sent.end(body);
  });
}

async function readAnswer(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxAnswerBytes) {
      throw new NightjarError('onvif_malformed', `The answer has more than ${maxAnswerBytes} bytes.`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function challengesOf({ headersDistinct }: IncomingMessage): string[] {
  return headersDistinct['www-authenticate'] ?? [];
}

function connectionError(error: Error, where: string): NightjarError {
  if (error instanceof NightjarError) return error;
  const code = systemCode(error);
  if (code?.startsWith('HPE_')) {
    return new NightjarError('onvif_off', `What listens at ${where} does not speak HTTP.`, { cause: error });
  }
  if (code === undefined) return toNightjarError(error);
  const why: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there',
    ECONNRESET: 'it closed the connection',
    ENOTFOUND: 'the name is not known',
    EAI_AGAIN: 'the name could not be resolved',
    EHOSTUNREACH: 'there is no way to this address',
    ENETUNREACH: 'there is no way to this network',
  };
  return new NightjarError('onvif_unreachable', `${where} cannot be reached: ${why[code] ?? code}.`, {
    cause: error,
  });
}
