import { useEffect, useRef, useState } from 'preact/hooks';
import { serverNowMs } from '../api/updates.ts';
import { message } from '../messages/message.ts';
import { Previews } from '../preview/previews.ts';
import { cardSide } from './card_place.ts';
import { damagesAt, damageWords } from './damage.ts';
import { eventsOver, eventWords } from './event_words.ts';
import { partAt } from './footage_part.ts';
import { causeWords } from './gap_words.ts';
import { type Action, Gestures } from './gestures.ts';
import { HoverCard, type Pointed, ToldCard } from './hover_card.tsx';
import { type Layout, layoutFor } from './layout.ts';
import { placeAt } from './orientation.ts';
import { fullInstantWords } from './time_words.ts';
import { TimelineCanvas } from './timeline_canvas.ts';
import type { TimelineModel } from './timeline_model.ts';
import { TrackNames } from './track_names.tsx';
import { msAt, pan, pinch, zoomAbout } from './viewport.ts';
import './timeline.css';
import './upright.css';

/** How much a turn of the wheel zooms: a notch is about a fifth. */
const wheelFactor = 0.0018;
/** A screen reader need not hear every second. */
const spokenEveryMs = 5_000;
/** The picture at the begin of an event may be so much older. */
const pictureMs = 250;

export interface TimelineActions {
  readonly seek: (ms: number) => void;
  /** To the begin of an event, which is told. */
  readonly goToEvent: (ms: number) => void;
  /** While the playhead is dragged. */
  readonly scrub: (ms: number) => void;
  readonly scrubbed: () => void;
}

/** The timeline of one stream: drawn on canvases, moved by wheel, fingers and keys, spoken as a slider. */
export function TimelineView(props: {
  readonly model: TimelineModel;
  /** Of the leader and of those beside it, in the order of their tracks. */
  readonly cameraNames: readonly string[];
  readonly actions: TimelineActions;
}) {
  const { model, cameraNames, actions } = props;
  const host = useRef<HTMLDivElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const moving = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<Pointed>();
  const [layout, setLayout] = useState<Layout>(() => layoutFor(false));
  const [previews] = useState(() => new Previews());
  useEffect(() => () => previews.end(), [previews]);
  const act = useRef(actions);
  act.current = actions;

  useEffect(() => {
    const coarse = matchMedia('(pointer: coarse)').matches;
    const canvas = new TimelineCanvas(
      { minimap: minimap.current!, still: still.current!, moving: moving.current! },
      { model, coarse, onLayout: setLayout },
    );
    const stop = listen(host.current!, {
      canvas,
      model,
      actions: () => act.current,
      coarse,
      onPoint: setPointed,
    });
    return () => {
      stop();
      canvas.end();
    };
  }, [model]);

  const { fromMs, toMs } = model.retention.value;
  const { orientation } = layout;
  // It changes with the layout; what else of the view changes is not drawn here.
  const widthPx = orientation === 'horizontal' ? model.view.peek().widthPx : layout.height;
  const spokenMs = useSpokenInstant(model);
  return (
    <div class="timeline" data-testid="timeline">
      <div
        ref={host}
        class="timeline-canvas"
        role="slider"
        tabIndex={0}
        aria-orientation={orientation}
        aria-label={message('timeline.label', { camera: cameraNames[0]! })}
        aria-valuemin={Math.round(fromMs / 1000)}
        aria-valuemax={Math.round(toMs / 1000)}
        aria-valuenow={Math.round(spokenMs / 1000)}
        aria-valuetext={`${fullInstantWords(model.zone, spokenMs)}, ${stateWords(model, spokenMs)}`}
      >
        <canvas ref={still} />
        <canvas ref={minimap} />
        <canvas ref={moving} />
      </div>
      {pointed ? (
        <HoverCard {...{ pointed, model, widthPx, cameraNames, previews }} />
      ) : (
        <ToldCard {...{ model, orientation }} />
      )}
      <TrackNames names={cameraNames.slice(1)} layout={layout} />
    </div>
  );
}

interface Wiring {
  readonly canvas: TimelineCanvas;
  readonly model: TimelineModel;
  readonly actions: () => TimelineActions;
  readonly coarse: boolean;
  readonly onPoint: (pointed: Pointed | undefined) => void;
}

/** Pointers and the wheel. */
function listen(host: HTMLElement, { canvas, model, actions, coarse, onPoint }: Wiring): () => void {
  const gestures = new Gestures(coarse);
  const done = new AbortController();
  const at = (event: MouseEvent): [x: number, y: number] => {
    const { left, top } = host.getBoundingClientRect();
    const { widthPx } = model.view.peek();
    return placeAt(canvas.layout.orientation, [event.clientX - left, event.clientY - top], widthPx);
  };
  const perform = (action: Action): void => {
    const view = model.view.peek();
    switch (action.kind) {
      case 'seek':
        return actions().seek(action.ms);
      case 'event':
        return actions().goToEvent(action.ms);
      case 'pan':
        return model.look(pan(view, action.dx));
      case 'pinch':
        return model.look(pinch(view, action.from, action.to));
      case 'scrub':
        return actions().scrub(msAt(view, action.x));
      case 'scrubbed':
        return actions().scrubbed();
      case 'mark':
        return model.setMark(action.which, Math.min(serverNowMs(), msAt(view, action.x)));
      case 'minimap': {
        const { fromMs, toMs } = model.retention.peek();
        const part = Math.max(0, Math.min(1, action.x / view.widthPx));
        return model.look({ ...view, centreMs: fromMs + part * (toMs - fromMs) });
      }
    }
  };
  const point = (event: PointerEvent): void => {
    const place = at(event);
    const [x] = place;
    const hit = canvas.hit(place);
    host.dataset.hit = gestures.isDragging ? 'drag' : hit.kind;
    const shows =
      event.pointerType === 'mouse' && !gestures.isDragging && (hit.kind === 'time' || hit.kind === 'event');
    canvas.pointAt(shows ? x : undefined);
    const box = host.getBoundingClientRect();
    const side = cardSide({ above: box.top, below: innerHeight - box.bottom });
    const left = event.clientX - box.left;
    if (!shows) onPoint(undefined);
    else if (hit.kind === 'event') onPoint({ left, side, ms: hit.ms, events: hit.events });
    else
      onPoint({
        left,
        side,
        ms: msAt(model.view.peek(), x),
        ...(hit.beside !== undefined && { beside: hit.beside }),
      });
  };
  const leave = (): void => {
    canvas.pointAt(undefined);
    onPoint(undefined);
  };
  const options = { signal: done.signal };
  host.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      host.setPointerCapture(event.pointerId);
      const place = at(event);
      gestures.down(event.pointerId, place[0], canvas.hit(place)).forEach(perform);
    },
    options,
  );
  host.addEventListener(
    'pointermove',
    (event) => {
      gestures.move(event.pointerId, at(event)[0]).forEach(perform);
      point(event);
    },
    options,
  );
  host.addEventListener('pointerup', (event) => gestures.up(event.pointerId).forEach(perform), options);
  host.addEventListener(
    'pointercancel',
    (event) => gestures.cancel(event.pointerId).forEach(perform),
    options,
  );
  host.addEventListener('pointerleave', leave, options);
  host.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
      const view = model.view.peek();
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        model.look(pan(view, sideways * unit * (canvas.layout.orientation === 'horizontal' ? -1 : 1)));
      else
        model.look(
          zoomAbout(
            view,
            at(event)[0],
            Math.exp(event.deltaY * unit * (event.ctrlKey ? 5 : 1) * wheelFactor),
          ),
        );
      const [x] = at(event);
      onPoint(undefined);
      canvas.pointAt(x);
    },
    { ...options, passive: false },
  );
  return () => done.abort();
}

/** The playhead's instant, at once when it jumps, else now and then. */
function useSpokenInstant(model: TimelineModel): number {
  const [spoken, setSpoken] = useState(model.playheadMs.peek());
  useEffect(
    () =>
      model.playheadMs.subscribe((ms) => {
        setSpoken((before) => (Math.abs(ms - before) >= spokenEveryMs || ms < before ? ms : before));
      }),
    [model],
  );
  return spoken;
}

function stateWords(model: TimelineModel, ms: number): string {
  const view = { ...model.view.peek(), centreMs: ms };
  const { parts, damages, events, expectedFromMs } = model.store.compose(view, model.nowMs.peek());
  const part = partAt(parts, ms);
  const happened = eventsOver(events, ms, pictureMs).map((event) => eventWords(event, model.zone, ms));
  if (part?.kind === 'gap')
    return [message('state.gap', { cause: causeWords(part.cause) }), ...happened].join('. ');
  if (part) {
    const recorded = message(part.growing ? 'state.growing' : 'state.recorded');
    return [recorded, ...damagesAt(damages, ms, 0).map(damageWords), ...happened].join('. ');
  }
  if (ms >= model.nowMs.peek()) return message('state.future');
  return message(expectedFromMs !== undefined && ms < expectedFromMs ? 'state.before' : 'state.unknown');
}
