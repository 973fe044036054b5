import type { SessionObserver } from '../rtsp/session_observer.ts';

/** One that tells several, in their order. */
export function allObservers(observers: readonly SessionObserver[]): SessionObserver {
  const tell = (event: (observer: SessionObserver) => void) => {
    for (const observer of observers) event(observer);
  };
  return {
    onConnecting: (url) => tell((each) => each.onConnecting(url)),
    onConnected: () => tell((each) => each.onConnected()),
    onHandshake: (kind, head) => tell((each) => each.onHandshake(kind, head)),
    onSent: (message) => tell((each) => each.onSent(message)),
    onReceived: (message) => tell((each) => each.onReceived(message)),
    onPacket: (media, channel, bytes, start, end) =>
      tell((each) => each.onPacket(media, channel, bytes, start, end)),
    onForeignFrame: (channel, bytes, start, end) =>
      tell((each) => each.onForeignFrame(channel, bytes, start, end)),
    onLostBytes: (count) => tell((each) => each.onLostBytes(count)),
    onClosed: () => tell((each) => each.onClosed()),
    onForeignBytes: (bytes) => tell((each) => each.onForeignBytes(bytes)),
  };
}
