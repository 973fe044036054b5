import { useComputed } from '@preact/signals';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { serverNowMs } from '../api/updates.ts';
import { ViewCoverage } from '../coverage/view_coverage.tsx';
import { toast } from '../design/toasts.tsx';
import { ExportPanel } from '../export/export_panel.tsx';
import { dayWords } from '../messages/day_words.ts';
import { duration, zone as zoneWords } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { CompanionTile } from '../player/companion_tile.tsx';
import { PlayerSession, preferences } from '../player/player_session.ts';
import { Stage } from '../player/stage.tsx';
import { codecName, standIns } from '../player/stand_in.ts';
import { saveStill } from '../still/save_still.ts';
import { CameraList } from './camera_list.tsx';
import { Controls, Speeds } from './controls.tsx';
import { useEventJump } from './event_jump.ts';
import { FootageTable } from './footage_table.tsx';
import { GoToTime } from './go_to_time.tsx';
import { type Command, commandOf } from './keys.ts';
import { KeysDialog } from './keys_dialog.tsx';
import { verticalScreens } from './orientation.ts';
import { useAddress } from './page_address.ts';
import { clockWords, counterWords } from './time_words.ts';
import { TimelineModel } from './timeline_model.ts';
import { TimelineView } from './timeline_view.tsx';
import { xOf, zoomAbout } from './viewport.ts';
import { Zone } from './zone.ts';

const sides = ['cameras', 'table', 'export'] as const;
type Side = (typeof sides)[number];

/** While the playhead is dragged, a picture is asked for at most so often. */
const scrubEveryMs = 120;
/** Around the playhead, when a clip is asked for without marks. */
const defaultMarkMs = 30_000;
/** So near to now it is the present that is shown. */
const presentMs = 15_000;
/** Where now is in the view when the present is followed. */
const presentPart = 0.8;

/** Whether it played when the last stream was left: the next one goes on so. */
let wasPlaying: boolean | undefined;
let lastSide: Side = 'cameras';

const zone = new Zone(Intl.DateTimeFormat().resolvedOptions().timeZone);

/** A stream with the camera that it is of. */
export interface CameraStream {
  readonly camera: CameraAnswer;
  readonly stream: StreamAnswer;
}

export function StreamTimeline(props: {
  readonly camera: CameraAnswer;
  readonly stream: StreamAnswer;
  /** Shown beside it, on the same clock. */
  readonly beside: readonly CameraStream[];
  readonly cameras: readonly CameraAnswer[];
  readonly atMs: number;
  readonly spanMs: number;
  /** Nobody named an instant: the present is shown as it grows. */
  readonly following: boolean;
  readonly onBeside: (cameraIds: readonly string[]) => void;
  readonly onChoose: (camera: CameraAnswer, role: string, place: { atMs: number; spanMs: number }) => void;
}) {
  const { camera, stream, beside, cameras, atMs, spanMs, following, onBeside, onChoose } = props;
  const address = useMemo(
    () => ({ cameraId: camera.id, streamId: stream.id, createdMs: camera.createdMs }),
    [camera.id, camera.createdMs, stream.id],
  );
  // The instant is where it begins; from then on it is the model's.
  const model = useMemo(() => {
    const made = new TimelineModel(address, zone, { atMs, spanMs });
    if (following) lookAtPresent(made);
    return made;
  }, [address]);
  const video = useRef<HTMLVideoElement>(null);
  const [session, setSession] = useState<PlayerSession>();
  const [side, setSideState] = useState<Side>(lastSide);
  const [typing, setTyping] = useState(false);
  const [help, setHelp] = useState(false);
  const stages = useRef<HTMLDivElement>(null);
  const choices = useRef<HTMLDivElement>(null);
  const scrubbing = useRef<{ playing: boolean; askedMs: number } | undefined>(undefined);

  const setSide = useCallback((next: Side) => {
    lastSide = next;
    setSideState(next);
    // There it is beneath the timeline, off the screen.
    if (matchMedia(verticalScreens).matches) choices.current?.scrollIntoView();
  }, []);

  useEffect(() => {
    const made = new PlayerSession(video.current!, address, {
      atMs,
      playing: wasPlaying ?? following,
      onInstant: ({ instantMs, playing }) => {
        if (!scrubbing.current) model.followPlayhead(instantMs);
        wasPlaying = playing;
      },
    });
    setSession(made);
    return () => {
      made.end();
      model.end();
    };
  }, [model]);

  const tiles = beside.slice(0, maxTiles);
  const besideIds = beside.map(({ camera: { id } }) => id);
  useEffect(() => {
    model.showBeside(
      beside.map(({ camera: { id, createdMs }, stream: { id: streamId } }) => ({
        cameraId: id,
        streamId,
        createdMs,
      })),
    );
  }, [model, beside.map(({ stream: { id } }) => id).join()]);

  const seek = useCallback(
    (ms: number) => {
      session?.playback.seek(ms);
      model.placePlayhead(Math.min(ms, serverNowMs()));
    },
    [session, model],
  );
  useAddress(model, session, {
    camera: camera.id,
    beside: besideIds,
    stream: stream.role,
    following,
    onArrive: seek,
  });

  const present = useCallback(() => {
    session?.playback.follow();
    lookAtPresent(model);
  }, [session, model]);

  const openExport = useCallback(() => {
    const { inMs, outMs } = model.marks.peek();
    const at = model.playheadMs.peek();
    if (inMs === undefined && outMs === undefined) {
      model.marks.value = { inMs: at - defaultMarkMs, outMs: Math.min(serverNowMs(), at + defaultMarkMs) };
    }
    setSide('export');
  }, [model, setSide]);

  const saveShown = useCallback(() => {
    // The key may be pressed while the picture that was sought is on its way.
    session?.onceSettled(async ({ place, problem }) => {
      const shown = place?.kind === 'recorded' && !problem ? video.current : null;
      const pictureMsOf = () => Number(shown!.dataset.instantMs);
      if (!shown || !(await saveStill(shown, { camera: camera.name, zone, pictureMsOf })))
        toast('problem', message('still.none'));
    });
  }, [session, camera.name]);

  const events = useEventJump(model, address, seek);

  const actions = useMemo(
    () => ({
      seek,
      goToEvent: events.goTo,
      scrub: (ms: number) => {
        const at = Math.max(model.retention.peek().fromMs, Math.min(serverNowMs(), ms));
        model.playheadMs.value = at;
        scrubbing.current ??= { playing: session?.state.peek().playing ?? false, askedMs: 0 };
        if (performance.now() - scrubbing.current.askedMs < scrubEveryMs) return;
        scrubbing.current.askedMs = performance.now();
        session?.playback.pause();
        session?.playback.seek(at);
      },
      scrubbed: () => {
        const playing = scrubbing.current?.playing;
        scrubbing.current = undefined;
        if (playing) session?.playback.play();
        session?.playback.seek(model.playheadMs.peek());
      },
    }),
    [seek, events, session, model],
  );

  useKeys((command) => {
    const playback = session?.playback;
    if (!playback) return;
    const at = model.playheadMs.peek();
    const view = model.view.peek();
    const { toMs } = model.retention.peek();
    switch (command.kind) {
      case 'zoom': {
        const x = xOf(view, at);
        return model.look(
          zoomAbout(view, x >= 0 && x <= view.widthPx ? x : view.widthPx / 2, command.factor),
        );
      }
      case 'move':
        return seek(playback.soughtMs + command.ms);
      case 'page':
        return seek(playback.soughtMs + command.part * view.spanMs);
      case 'first':
        return seek(model.beginMs.peek());
      case 'last':
        return seek(toMs - 2000);
      case 'present':
        return present();
      case 'toggle':
        return playback.toggle();
      case 'pause':
        return playback.pause();
      case 'shuttle':
        return playback.shuttle(command.direction);
      case 'step':
        return playback.step(command.direction);
      case 'event':
        return events.step(command.direction);
      case 'in':
        return model.setMark('inMs', at);
      case 'out':
        return model.setMark('outMs', at);
      case 'export':
        return openExport();
      case 'type':
        return setTyping(true);
      case 'camera': {
        const next = cameras[command.number - 1];
        if (next && next.id !== camera.id) choose(next, stream.role);
        return;
      }
      case 'still':
        return saveShown();
      case 'full':
        return void toggleFullScreen(stages.current);
      case 'help':
        return setHelp(true);
    }
  });

  const choose = (next: CameraAnswer, role: string) =>
    onChoose(next, role, { atMs: model.playheadMs.peek(), spanMs: model.view.peek().spanMs });
  const unplayable = session?.unplayable.value;
  useEffect(() => {
    const other = unplayable && standIns.for(camera, stream);
    if (!other) return;
    toast('note', message(`player.codec.standIn.${other.role}`, { codec: codecName(unplayable) }));
    choose(camera, other.role);
  }, [unplayable]);
  const recorded = camera.streams.filter(({ record, id }) => record || id === stream.id);
  const { inMs, outMs } = model.marks.value;
  const clipLength = inMs !== undefined && outMs !== undefined ? outMs - inMs : undefined;
  return (
    <div class="timeline-page" data-testid="timeline-page">
      <header class="page-head">
        <div class="when">
          <button
            type="button"
            class="when-button"
            data-testid="when"
            title={message('go.open')}
            onClick={() => setTyping(!typing)}
          >
            <Clock model={model} />
          </button>
          {typing && (
            <GoToTime
              address={address}
              zone={zone}
              atMs={model.playheadMs.peek()}
              nowMs={serverNowMs()}
              onGo={seek}
              onClose={() => setTyping(false)}
            />
          )}
          <Ago model={model} />
        </div>
        <span class="grow" />
        <Speeds session={session} />
        <button
          type="button"
          class="button"
          aria-pressed={preferences.skipGaps.value}
          data-testid="skip-gaps"
          onClick={() => session?.setSkipGaps(!preferences.skipGaps.peek())}
        >
          {message('player.skipGaps')} <span class={`tick ${preferences.skipGaps.value ? 'on' : ''}`} />
        </button>
        <button type="button" class="button accent" data-testid="open-export" onClick={openExport}>
          {clipLength === undefined
            ? message('clip.open')
            : message('clip.open.length', { length: counterWords(clipLength) })}
        </button>
        <Present model={model} session={session} onPresent={present} />
      </header>
      <div class="timeline-body">
        <div
          ref={stages}
          class={`stages ${beside.length > 0 ? 'several' : ''}`}
          style={{ '--tiles': `${tilesAcross(tiles.length + 1)}` }}
        >
          <Stage
            videoRef={video}
            {...{ session, camera, stream, zone }}
            onStream={(other) => choose(camera, other.role)}
          />
          {tiles.map((each) => (
            <CompanionTile
              key={each.stream.id}
              {...{ session, ...each, zone }}
              onLead={() => choose(each.camera, each.stream.role)}
              onRemove={() => onBeside(besideIds.filter((id) => id !== each.camera.id))}
            />
          ))}
        </div>
        <aside class="side" aria-label={message('side.label')}>
          <div ref={choices} class="segments">
            {sides.map((each) => (
              <button key={each} type="button" aria-pressed={side === each} onClick={() => setSide(each)}>
                {message(`side.${each}`)}
              </button>
            ))}
          </div>
          <div class="side-body">
            {side === 'cameras' && (
              <CameraList
                {...{ cameras, besideIds, onBeside }}
                current={camera}
                onChoose={(next) => {
                  choose(next, stream.role);
                  if (matchMedia(verticalScreens).matches) scrollTo({ top: 0 });
                }}
              />
            )}
            {side === 'table' && <FootageTable model={model} cameraName={camera.name} onSeek={seek} />}
            {side === 'export' && <ExportPanel model={model} camera={camera} stream={stream} />}
          </div>
        </aside>
        <Controls
          session={session}
          model={model}
          onEvent={events.step}
          onStill={saveShown}
          onHelp={() => setHelp(true)}
        />
        <div class="timeline-row">
          <div class="track-head">
            <b title={camera.name}>{camera.name}</b>
            {recorded.length > 1 ? (
              <select
                aria-label={message('timeline.stream')}
                value={stream.role}
                data-testid="stream"
                onChange={({ currentTarget: { value } }) => {
                  const asked = recorded.find(({ role }) => role === value);
                  if (asked) standIns.insistOn(asked.id);
                  choose(camera, value);
                }}
              >
                {recorded.map(({ id, role }) => (
                  <option key={id} value={role}>
                    {message(`timeline.stream.${role}`)}
                  </option>
                ))}
              </select>
            ) : (
              <span class="small faint">{message(`timeline.stream.${stream.role}`)}</span>
            )}
          </div>
          <div class="tracks">
            <TimelineView
              model={model}
              cameraNames={[camera, ...beside.map((each) => each.camera)].map(({ name }) => name)}
              actions={actions}
            />
          </div>
        </div>
        <ViewCoverage model={model} cameraId={camera.id} streamId={stream.id} onSeek={seek} />
        {model.footage.problem.value && (
          <p class="timeline-problem" role="status">
            {message('timeline.problem', { detail: model.footage.problem.value.detail })}
          </p>
        )}
      </div>
      {help && <KeysDialog onClose={() => setHelp(false)} />}
    </div>
  );
}

/** More pictures than nine are too small to be told apart; further cameras have a track alone. */
const maxTiles = 8;

/** So many pictures stand side by side. */
const tilesAcross = (count: number): number => Math.ceil(Math.sqrt(count));

/** The instant that is shown: the largest words of the page. */
function Clock({ model }: { model: TimelineModel }) {
  const words = useComputed(() => {
    const local = zone.localTime(model.playheadMs.value);
    return { day: dayWords(local), clock: clockWords(local, true) };
  });
  return (
    <>
      <span class="when-day">{words.value.day}</span> <span data-testid="clock">{words.value.clock}</span>
    </>
  );
}

function Ago({ model }: { model: TimelineModel }) {
  const words = useComputed(() => {
    const ms = model.playheadMs.value;
    const age = Math.max(0, model.nowMs.value - ms);
    const ago =
      age < presentMs ? message('ago.now') : message('unit.ago', { duration: duration(rounded(age)) });
    return `${zoneWords(ms, zone.name)} · ${ago}`;
  });
  return <span class="when-zone">{words.value}</span>;
}

/** To what changes slowly beside a running clock. */
function rounded(ms: number): number {
  const unit = ms < 60_000 ? 1000 : ms < 3_600_000 ? 60_000 : ms < 86_400_000 ? 3_600_000 : 86_400_000;
  return Math.floor(ms / unit) * unit;
}

function Present({
  model,
  session,
  onPresent,
}: {
  model: TimelineModel;
  session: PlayerSession | undefined;
  onPresent: () => void;
}) {
  const isPresent = useComputed(() => model.nowMs.value - model.playheadMs.value < presentMs);
  const live = isPresent.value && session?.state.value.playing === true;
  return (
    <button
      type="button"
      class={`button quiet present ${live ? 'on' : ''}`}
      data-testid="present"
      onClick={onPresent}
    >
      <i />
      {message('now.label')} <kbd>T</kbd>
    </button>
  );
}

async function toggleFullScreen(element: HTMLElement | null): Promise<void> {
  // Refused without a gesture, and missing on phones: the page stays as it is.
  await (document.fullscreenElement ? document.exitFullscreen() : element?.requestFullscreen?.())?.catch(
    () => undefined,
  );
}

function lookAtPresent(model: TimelineModel): void {
  const view = model.view.peek();
  model.view.value = { ...view, centreMs: serverNowMs() - (presentPart - 0.5) * view.spanMs };
}

/** Keys work on the whole page, but for where something is typed or chosen. */
function useKeys(perform: (command: Command) => void): void {
  const latest = useRef(perform);
  latest.current = perform;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.defaultPrevented || target.closest('input, textarea, select, dialog')) return;
      const command = commandOf(event, target.closest('[aria-orientation="vertical"]') !== null);
      // A button that has the focus is pressed by the space bar.
      if (!command || (event.key === ' ' && target.closest('button, a'))) return;
      event.preventDefault();
      latest.current(command);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}
