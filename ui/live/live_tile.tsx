import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { serverNowMs } from '../api/updates.ts';
import { Icon } from '../design/icon.tsx';
import { toast } from '../design/toasts.tsx';
import { duration } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { Link } from '../navigation.tsx';
import { cameraPath, timelinePath } from '../route.ts';
import { saveStill } from '../still/save_still.ts';
import { Zone } from '../timeline/zone.ts';
import { LiveVideo, useLiveFacts } from './live_video.tsx';
import { oldPictureMs, wordsOf } from './live_words.ts';
import { streamsToTry } from './stream_choice.ts';

const zone = new Zone(Intl.DateTimeFormat().resolvedOptions().timeZone);

/** One camera in the grid, or enlarged over all of it. */
export function LiveTile({
  camera,
  large,
  active,
  onEnlarge,
  onBack,
}: {
  camera: CameraAnswer;
  large: boolean;
  active: boolean;
  onEnlarge: () => void;
  onBack: () => void;
}) {
  const { id, name } = camera;
  const tile = useRef<HTMLElement>(null);
  const [unplayable, setUnplayable] = useState<readonly string[]>([]);
  const [sound, setSound] = useState(false);
  const shownVideo = useRef<HTMLVideoElement | null>(null);
  const smallFacts = useLiveFacts();
  const largeFacts = useLiveFacts();
  const largePlays = useSignal(false);

  const choose = (forLarge: boolean): string | undefined => {
    const streams = streamsToTry(camera, forLarge);
    return (streams.find((stream) => !unplayable.includes(stream.id)) ?? streams[0])?.id;
  };
  const small = choose(false);
  const best = choose(true);
  // One stream for both sizes needs no second connection.
  const twoPictures = large && best !== undefined && best !== small;
  const facts = twoPictures ? largeFacts : smallFacts;
  const { view, ageMs, pictureMs } = facts.value;
  const stream = twoPictures ? best : small;

  useEffect(() => {
    if (view.kind !== 'unplayable' || stream === undefined || unplayable.includes(stream)) return;
    if (unplayable.length + 1 < camera.streams.length) setUnplayable([...unplayable, stream]);
  }, [view, stream, unplayable, camera.streams.length]);

  useEffect(() => {
    if (!large) {
      setSound(false);
      largePlays.value = false;
    }
  }, [large, largePlays]);

  // The button that enlarged it is gone then; it gets the focus back with the grid.
  const open = useRef<HTMLButtonElement>(null);
  const wasLarge = useRef(false);
  useEffect(() => {
    if (large) tile.current?.focus({ preventScroll: true });
    else if (wasLarge.current) open.current?.focus({ preventScroll: true });
    wasLarge.current = large;
  }, [large]);

  if (twoPictures && view.kind === 'playing' && !largePlays.peek()) largePlays.value = true;

  const save = async (): Promise<void> => {
    const video = shownVideo.current;
    const still = { camera: name, zone, pictureMsOf: () => pictureMs ?? serverNowMs() };
    if (!video || !(await saveStill(video, still))) toast('problem', message('still.none'));
  };
  const fullScreen = (): void => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void tile.current?.requestFullscreen?.();
  };

  useEffect(() => {
    if (!large) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
      const actions: Record<string, () => void> = {
        f: fullScreen,
        m: () => setSound((on) => !on),
        s: save,
      };
      const action = actions[event.key.toLowerCase()];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });

  const words = wordsOf(view, { name, ageMs, pictureMs, nowMs: serverNowMs() });
  const old = ageMs !== undefined && ageMs > oldPictureMs;
  return (
    <article ref={tile} tabIndex={-1} class={`tile ${large ? 'large' : ''}`} aria-label={name}>
      {small !== undefined && (
        <LiveVideo
          key={small}
          cameraId={id}
          stream={small}
          active={active && !(twoPictures && largePlays.value)}
          muted={!sound || twoPictures}
          facts={smallFacts}
          element={twoPictures ? undefined : shownVideo}
        />
      )}
      {twoPictures && (
        <LiveVideo
          key={`large-${best}`}
          cameraId={id}
          stream={best}
          active={active}
          muted={!sound}
          facts={largeFacts}
          element={shownVideo}
        />
      )}
      {words?.kind === 'card' && (
        <div class="tile-card" role="status">
          <h3>{words.title}</h3>
          <p>{words.text}</p>
        </div>
      )}
      {!large && (
        <button
          type="button"
          ref={open}
          class="tile-open"
          aria-label={message('live.enlarge', { name })}
          onClick={onEnlarge}
        />
      )}
      <div class="tile-foot">
        <span class="cap name">{name}</span>
        {words?.kind === 'note' && (
          <span class={`cap ${view.kind === 'stalled' ? 'caution' : ''}`} role="status">
            {words.text}
          </span>
        )}
        {view.kind === 'playing' && ageMs !== undefined && (
          <span class={`cap age ${old ? 'caution' : ''}`} title={message('live.age')}>
            <span class="visually-hidden">{message('live.age')} </span>
            {duration(ageMs)}
          </span>
        )}
        {large && (
          <div class="tile-controls">
            <button
              type="button"
              class="on-footage"
              aria-pressed={sound}
              aria-label={message(sound ? 'live.sound.off' : 'live.sound.on')}
              title={`${message(sound ? 'live.sound.off' : 'live.sound.on')} (M)`}
              onClick={() => setSound(!sound)}
            >
              <Icon name={sound ? 'sound' : 'silent'} />
            </button>
            <button
              type="button"
              class="on-footage"
              aria-label={message('still.save')}
              title={`${message('still.save')} (S)`}
              onClick={save}
            >
              <Icon name="still" />
            </button>
            <Link class="on-footage" href={timelinePath(id)} title={message('live.timeline')}>
              <Icon name="timeline" />
              <span class="visually-hidden">{message('live.timeline')}</span>
            </Link>
            <Link class="on-footage" href={cameraPath(id)} title={message('live.settings')}>
              <Icon name="cameras" />
              <span class="visually-hidden">{message('live.settings')}</span>
            </Link>
            <button
              type="button"
              class="on-footage"
              aria-label={message('live.full-screen')}
              title={`${message('live.full-screen')} (F)`}
              onClick={fullScreen}
            >
              <Icon name="fullScreen" />
            </button>
            <button
              type="button"
              class="on-footage"
              aria-label={message('live.back')}
              title={`${message('live.back')} (Esc)`}
              onClick={onBack}
            >
              <Icon name="close" />
            </button>
          </div>
        )}
      </div>
    </article>
  );
}
