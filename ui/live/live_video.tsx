import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type LiveHandlers, openLiveSocket } from '../api/live_socket.ts';
import { serverNowMs } from '../api/updates.ts';
import { LiveSession, type LiveView } from './live_session.ts';
import { VideoSink } from './media_sink.ts';

const tickMs = 250;
/** A tab that is looked at again soon need not connect anew. */
const hiddenGraceMs = 10_000;

export interface LiveFacts {
  view: LiveView;
  pictureMs: number | undefined;
  ageMs: number | undefined;
}

/** What is known of a live picture, for who shows it. */
export const useLiveFacts = (): Signal<LiveFacts> =>
  useSignal<LiveFacts>({ view: { kind: 'connecting' }, pictureMs: undefined, ageMs: undefined });

/** The picture of one stream. Keeps the last frame while there is no new one. */
export function LiveVideo({
  cameraId,
  stream,
  active,
  muted,
  facts,
  element: held,
}: {
  cameraId: string;
  stream: string;
  /** Without, the connection ends and the picture stands. */
  active: boolean;
  muted: boolean;
  facts: Signal<LiveFacts>;
  /** Holds the element, for who wants its frames. */
  element?: RefObject<HTMLVideoElement | null> | undefined;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    const element = video.current;
    const canvas = still.current;
    if (!element || !canvas || !active) return;
    const world = {
      sink: new VideoSink(element, () => drawPicture(element, canvas)),
      open: (handlers: LiveHandlers) => openLiveSocket({ cameraId, stream }, handlers),
      now: () => performance.now(),
      serverNow: serverNowMs,
    };
    const session = new LiveSession(world, facts.peek().pictureMs);
    const tell = () => {
      facts.value = { view: session.view, pictureMs: session.pictureMs, ageMs: session.ageMs };
    };
    let hiddenTimer: ReturnType<typeof setTimeout> | undefined;
    let asleep = false;
    const followVisibility = () => {
      clearTimeout(hiddenTimer);
      if (document.hidden) {
        hiddenTimer = setTimeout(() => {
          asleep = true;
          session.stop();
        }, hiddenGraceMs);
      } else if (asleep) {
        asleep = false;
        session.start();
      }
    };
    document.addEventListener('visibilitychange', followVisibility);
    const timer = setInterval(() => {
      session.tick();
      tell();
    }, tickMs);
    session.start();
    tell();
    return () => {
      document.removeEventListener('visibilitychange', followVisibility);
      clearTimeout(hiddenTimer);
      clearInterval(timer);
      drawPicture(element, canvas);
      session.stop();
      // Whoever looks again sees the old picture first, and must not take it for a new one.
      facts.value = { ...facts.peek(), view: { kind: 'connecting' } };
    };
  }, [cameraId, stream, active, facts]);

  useEffect(() => {
    if (!held) return;
    held.current = video.current;
    return () => {
      if (held.current === video.current) held.current = null;
    };
  }, [held]);

  return (
    <>
      <canvas ref={still} />
      <video ref={video} muted={muted} playsInline disablePictureInPicture tabIndex={-1} aria-hidden="true" />
    </>
  );
}

/** Copies the frame that is seen, at its own size. */
export function drawPicture(video: HTMLVideoElement, canvas: HTMLCanvasElement): boolean {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return false;
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return true;
}
