import type { SessionObserver } from '../rtsp/session_observer.ts';

/** One that tells several, in their order. */
export function allObservers(observers: readonly SessionObserver[]): SessionObserver {
  return {
    onConnecting: (url) => observers.forEach((each) => each.onConnecting(url)),
    onConnected: () => observers.forEach((each) => each.onConnected()),
    onSent: (message) => observers.forEach((each) => each.onSent(message)),
    onReceived: (message) => observers.forEach((each) => each.onReceived(message)),
    onPacket: (media, channel, bytes, start, end) =>
      observers.forEach((each) => each.onPacket(media, channel, bytes, start, end)),
    onLostBytes: (count) => observers.forEach((each) => each.onLostBytes(count)),
    onClosed: () => observers.forEach((each) => each.onClosed()),
    onForeignBytes: (bytes) => observers.forEach((each) => each.onForeignBytes(bytes)),
  };
}
