import type { Writable } from 'node:stream';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { MediaBody } from './answer_body.ts';

/**
 * Sends a body to its end. When that fails, the connection is closed before the promised length, so that nobody takes
 * the part for the whole.
 *
 * @throws NightjarError why bytes are missing; nothing when the client went away
 */
export async function sendBody(response: Writable, body: MediaBody): Promise<void> {
  const onClose = () => body.destroy();
  const onLost = () => response.destroy();
  response.once('close', onClose);
  body.signal.addEventListener('abort', onLost, { once: true });
  try {
    for await (const bytes of body) await written(response, bytes);
    response.end();
  } catch (error) {
    response.destroy();
    throw body.signal.reason ?? error;
  } finally {
    response.off('close', onClose);
    body.signal.removeEventListener('abort', onLost);
  }
}

/** Resolves when the system has taken the bytes. */
function written(response: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new NightjarError('stopping', 'The client went away.'));
    response.once('close', onClose);
    response.write(bytes, (error) => {
      response.off('close', onClose);
      if (error) onClose();
      else resolve();
    });
  });
}
