import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { serverNowMs } from '../api/updates.ts';
import { clipAddress } from '../export/clip.ts';
import { duration } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { causeWords } from '../timeline/gap_words.ts';
import { instantWords } from '../timeline/time_words.ts';
import type { Zone } from '../timeline/zone.ts';
import type { PlaybackState } from './playback.ts';
import { type PlayerSession, preferences } from './player_session.ts';
import { codecName } from './stand_in.ts';
import './player.css';

const skippedShownMs = 4_000;
/** What loads sooner needs no word. */
const patienceMs = 350;

/** The picture, and over it whatever must be said where there is none. */
export function Stage(props: {
  readonly videoRef: RefObject<HTMLVideoElement | null>;
  readonly session: PlayerSession | undefined;
  readonly camera: CameraAnswer;
  readonly stream: StreamAnswer;
  readonly zone: Zone;
  readonly onStream: (stream: StreamAnswer) => void;
}) {
  const { videoRef, session, camera, stream, zone, onStream } = props;
  const state = session?.state.value;
  const unplayable = session?.unplayable.value;
  const conversion = session?.conversion.value;
  const covered =
    unplayable !== undefined ||
    state?.problem !== undefined ||
    (state?.place !== undefined && state.place.kind !== 'recorded');
  const { width, height } = stream;
  const ratio = width && height ? width / height : 16 / 9;
  return (
    <section class="stage" aria-label={message('player.label', { camera: camera.name })} data-testid="stage">
      <div class={`picture ${covered ? 'covered' : ''}`} style={{ '--ratio': `${ratio}` }}>
        <video
          ref={videoRef}
          muted={preferences.muted.value}
          playsInline
          disableRemotePlayback
          data-testid="player"
          onClick={() => session?.playback.toggle()}
        />
        <span class="stage-name">{camera.name}</span>
        {conversion && unplayable === undefined && (
          <span class="stage-converted" data-testid="converted">
            {message('player.codec.converted', { codec: codecName(conversion.codecs) })}
          </span>
        )}
        {state?.skipped && <Skipped key={state.skipped.toMs} skipped={state.skipped} />}
        {session && state && unplayable === undefined && <Word state={state} session={session} zone={zone} />}
        {session && unplayable !== undefined && (
          <Unplayable
            {...{ codecs: unplayable, camera, stream, atMs: session.playback.state.instantMs, onStream }}
            refused={conversion?.refused}
            onConvert={() => session.convert()}
          />
        )}
      </div>
    </section>
  );
}

function Word({ state, session, zone }: { state: PlaybackState; session: PlayerSession; zone: Zone }) {
  const { place, instantMs, problem, loading } = state;
  const words = (ms: number) => instantWords(zone, ms, instantMs);
  if (problem) {
    return (
      <Card title={message('player.failed')} text={`${problem.detail} ${problem.advice}`}>
        <button type="button" class="button accent" onClick={() => session.playback.seek(instantMs)}>
          {message('problem.retry')}
        </button>
      </Card>
    );
  }
  if (place?.kind === 'gap') {
    const key = place.ongoing ? 'player.none.ongoing' : 'player.none.cause';
    const cause = causeWords(place.cause);
    const text = message(key, {
      cause: cause[0]!.toUpperCase() + cause.slice(1),
      length: duration(place.endMs - place.startMs),
      since: words(place.startMs),
    });
    return (
      <Card title={message('player.none', { clock: words(instantMs) })} text={text} testId="no-footage">
        <NextButton nextMs={place.nextMs} words={words} session={session} />
      </Card>
    );
  }
  if (place?.kind === 'before') {
    const text =
      place.nextMs === undefined
        ? message('player.before.never')
        : message('player.before.text', { instant: words(place.nextMs) });
    return (
      <Card title={message('player.before')} text={text} testId="no-footage">
        <NextButton nextMs={place.nextMs} words={words} session={session} />
      </Card>
    );
  }
  if (place?.kind === 'present') return <Card title={message('player.present')} spinner />;
  return loading ? <Loading /> : null;
}

function NextButton({
  nextMs,
  words,
  session,
}: {
  nextMs: number | undefined;
  words: (ms: number) => string;
  session: PlayerSession;
}) {
  if (nextMs === undefined) return null;
  return (
    <button
      type="button"
      class="button accent"
      data-testid="next-footage"
      onClick={() => session.playback.goToNext()}
    >
      {message('player.next', { clock: words(nextMs) })}
    </button>
  );
}

function Loading() {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div class="stage-loading" role="status">
      <span class="spinner" />
      <span class="visually-hidden">{message('player.loading')}</span>
    </div>
  );
}

function Skipped({ skipped }: { skipped: NonNullable<PlaybackState['skipped']> }) {
  const [shown, setShown] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setShown(false), skippedShownMs);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <p class="stage-skipped" role="status" data-testid="skipped">
      {message('player.skipped', { length: duration(skipped.lengthMs), cause: causeWords(skipped.cause) })}
    </p>
  );
}

function Unplayable(props: {
  codecs: readonly string[];
  camera: CameraAnswer;
  stream: StreamAnswer;
  atMs: number;
  onStream: (stream: StreamAnswer) => void;
  refused: string | undefined;
  onConvert: () => void;
}) {
  const { codecs, camera, stream, atMs, onStream, refused, onConvert } = props;
  const codec = codecName(codecs);
  const other = camera.streams.find(({ id, record }) => id !== stream.id && record);
  const toMs = Math.min(atMs + 30_000, serverNowMs());
  const clip = clipAddress({
    cameraId: camera.id,
    streamId: stream.id,
    fromMs: toMs - 60_000,
    toMs,
    gaps: 'close',
  });
  return (
    <Card
      title={message('player.codec.title', { codec })}
      text={refused ?? message('player.codec.text')}
      testId="unplayable"
    >
      {other && (
        <button type="button" class="button accent" onClick={() => onStream(other)}>
          {message('player.codec.sub')}
        </button>
      )}
      {refused === undefined && (
        <button type="button" class={other ? 'button' : 'button accent'} onClick={onConvert}>
          {message('player.codec.convert')}
        </button>
      )}
      <a class={other || refused === undefined ? 'button' : 'button accent'} href={clip} download>
        {message('player.codec.download')}
      </a>
    </Card>
  );
}

function Card(props: {
  title: string;
  text?: string;
  spinner?: boolean;
  testId?: string;
  children?: ComponentChildren;
}) {
  const { title, text, spinner, testId, children } = props;
  return (
    <div class="stage-card" role="status" data-testid={testId}>
      {spinner && <span class="spinner" />}
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      <div class="actions">{children}</div>
    </div>
  );
}
