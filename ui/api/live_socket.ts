import type { LiveMessage } from '../../src/api/contract/live.ts';
import { apiPath } from './client.ts';

export interface LiveHandlers {
  onMessage(message: LiveMessage): void;
  /** An initialisation segment after `init`, else a fragment. */
  onMedia(bytes: Uint8Array<ArrayBuffer>): void;
  /** The connection is gone; not called after close(). */
  onClose(code: number, reason: string): void;
}

/** Codes with which the server closes for a reason that another attempt does not end. */
export const liveClose = { gone: 4404, tooMany: 4429 };

/** Opens the live connection of a stream. */
export function openLiveSocket(
  { cameraId, stream }: { cameraId: string; stream: string },
  handlers: LiveHandlers,
): { close(): void } {
  const url = new URL(apiPath(`/cameras/${encodeURIComponent(cameraId)}/live`, { stream }), location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') handlers.onMessage(JSON.parse(data));
    else handlers.onMedia(new Uint8Array(data as ArrayBuffer));
  };
  socket.onclose = ({ code, reason }) => handlers.onClose(code, reason);
  return {
    close() {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    },
  };
}
