import { Icon } from '../design/icon.tsx';
import { duration } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { speeds } from '../player/playback.ts';
import type { PlayerSession } from '../player/player_session.ts';
import { preferences } from '../player/player_session.ts';
import type { TimelineModel } from './timeline_model.ts';
import { zoomAbout } from './viewport.ts';

const fractions: Readonly<Record<number, string>> = { 0.125: '⅛', 0.25: '¼', 0.5: '½' };

const eventButtons = [
  [-1, 'event.previous', 'event.previous.short'],
  [1, 'event.next', 'event.next.short'],
] as const;

/** 1×, ½×, −4×. */
export function speedWords(speed: number): string {
  const size = Math.abs(speed);
  return message('player.speed.times', { speed: `${speed < 0 ? '−' : ''}${fractions[size] ?? size}` });
}

export function Controls({
  session,
  model,
  onEvent,
  onStill,
  onHelp,
}: {
  session: PlayerSession | undefined;
  model: TimelineModel;
  onEvent: (direction: -1 | 1) => void;
  onStill: () => void;
  onHelp: () => void;
}) {
  const state = session?.state.value;
  const playback = session?.playback;
  const move = (ms: number) => playback?.seek(playback.soughtMs + ms);
  const muted = preferences.muted.value;
  return (
    <div class="controls">
      <button
        type="button"
        class="button quiet"
        onClick={() => move(-5_000)}
        aria-label={message('player.back')}
      >
        ‹ 5 s
      </button>
      <button
        type="button"
        class="button quiet square step"
        onClick={() => playback?.step(-1)}
        aria-label={message('player.stepBack')}
        title={message('player.stepBack')}
      >
        <Icon name="stepBack" />
      </button>
      <button
        type="button"
        class="button play"
        data-testid="play"
        aria-label={message(state?.playing ? 'player.pause' : 'player.play')}
        onClick={() => playback?.toggle()}
      >
        <Icon name={state?.playing ? 'pause' : 'play'} />
      </button>
      <button
        type="button"
        class="button quiet square step"
        onClick={() => playback?.step(1)}
        aria-label={message('player.stepOn')}
        title={message('player.stepOn')}
      >
        <Icon name="stepOn" />
      </button>
      <button
        type="button"
        class="button quiet"
        onClick={() => move(5_000)}
        aria-label={message('player.on')}
      >
        5 s ›
      </button>
      {eventButtons.map(([direction, label, short]) => (
        <button
          key={label}
          type="button"
          class="button quiet step"
          aria-label={message(label)}
          title={message(label)}
          onClick={() => onEvent(direction)}
        >
          {message(short)}
        </button>
      ))}
      <button
        type="button"
        class="button quiet square"
        aria-pressed={!muted}
        aria-label={message(muted ? 'player.sound.on' : 'player.sound.off')}
        title={message(muted ? 'player.sound.on' : 'player.sound.off')}
        onClick={() => {
          preferences.muted.value = !muted;
        }}
      >
        <Icon name={muted ? 'soundOff' : 'soundOn'} />
      </button>
      <button
        type="button"
        class="button quiet square"
        aria-label={message('still.save')}
        title={message('still.save')}
        onClick={onStill}
      >
        <Icon name="still" />
      </button>
      <span class="grow" />
      <Zoom model={model} />
      <button
        type="button"
        class="button quiet square help"
        onClick={onHelp}
        aria-label={message('keys.title')}
        title={message('keys.title')}
      >
        <kbd>?</kbd>
      </button>
    </div>
  );
}

function Zoom({ model }: { model: TimelineModel }) {
  const view = model.view.value;
  const zoom = (factor: number) => model.look(zoomAbout(view, view.widthPx / 2, factor));
  return (
    <span class="zoom">
      <span class="small faint">{message('timeline.across', { length: duration(view.spanMs) })}</span>
      <button
        type="button"
        class="button quiet square"
        onClick={() => zoom(1.6)}
        aria-label={message('timeline.zoom.out')}
      >
        −
      </button>
      <button
        type="button"
        class="button quiet square"
        onClick={() => zoom(1 / 1.6)}
        aria-label={message('timeline.zoom.in')}
      >
        +
      </button>
    </span>
  );
}

export function Speeds({ session }: { session: PlayerSession | undefined }) {
  const speed = session?.state.value.speed ?? 1;
  const own = (speeds as readonly number[]).includes(speed) ? [] : [speed];
  return (
    <select
      class="input speed"
      aria-label={message('player.speed')}
      data-testid="speed"
      value={`${speed}`}
      onChange={(event) => session?.setSpeed(Number(event.currentTarget.value))}
    >
      {[...own, ...speeds].map((each) => (
        <option key={each} value={`${each}`}>
          {speedWords(each)}
        </option>
      ))}
    </select>
  );
}
