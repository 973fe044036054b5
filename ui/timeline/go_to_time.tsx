import { useEffect, useRef, useState } from 'preact/hooks';
import { zone as zoneWords } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { type CalendarAddress, MonthCalendar } from './month_calendar.tsx';
import { clockWords, offsetWords } from './time_words.ts';
import { readTypedTime, type TypedFault } from './typed_time.ts';
import type { Zone } from './zone.ts';

/** A date and a time to type, or a day to choose; says in words why one is no instant, and asks where one is two. */
export function GoToTime(props: {
  address: CalendarAddress;
  zone: Zone;
  atMs: number;
  nowMs: number;
  onGo: (ms: number) => void;
  onClose: () => void;
}) {
  const { address, zone, atMs, nowMs, onGo, onClose } = props;
  const local = zone.localTime(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const [date, setDate] = useState(`${local.year}-${two(local.month)}-${two(local.day)}`);
  const [time, setTime] = useState(clockWords(local, true));
  const [fault, setFault] = useState<string>();
  const [twice, setTwice] = useState<readonly [number, number]>();
  const field = useRef<HTMLInputElement>(null);
  const panel = useRef<HTMLFormElement>(null);

  // Once: the page behind is drawn anew while somebody is at the calendar.
  useEffect(() => field.current?.select(), []);
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (!panel.current?.contains(event.target as Node)) onClose();
    };
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  }, [onClose]);

  const go = (ms: number) => {
    onGo(ms);
    onClose();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const typed = readTypedTime(date, time, { zone, besideMs: atMs, nowMs });
    setTwice(undefined);
    setFault(undefined);
    if (typed.kind === 'fault') setFault(faultWords(typed.fault, time, zone));
    else if (typed.againMs !== undefined) setTwice([typed.ms, typed.againMs]);
    else go(typed.ms);
  };
  return (
    <form
      class="go-to"
      ref={panel}
      onSubmit={submit}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape') onClose();
      }}
      data-testid="go-to"
    >
      <div class="field">
        <label for="go-date">{message('go.date')}</label>
        <input
          id="go-date"
          class="input"
          type="date"
          value={date}
          onInput={(event) => setDate(event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for="go-time">{message('go.time')}</label>
        <input
          id="go-time"
          class="input"
          ref={field}
          value={time}
          autocomplete="off"
          inputMode="numeric"
          aria-invalid={fault !== undefined}
          aria-describedby="go-hint"
          onInput={(event) => setTime(event.currentTarget.value)}
        />
      </div>
      <button type="submit" class="button accent">
        {message('go.submit')}
      </button>
      <p id="go-hint" class={fault ? 'wrong' : 'small faint'} role={fault ? 'alert' : undefined}>
        {fault ?? message('go.zone', { zone: zoneWords(atMs, zone.name) })}
      </p>
      {twice && (
        <div class="go-twice" role="alert">
          <p class="small">{message('go.twice')}</p>
          {twice.map((ms, index) => (
            <button key={ms} type="button" class="button" onClick={() => go(ms)}>
              {message(index === 0 ? 'go.first' : 'go.second', { offset: offsetWords(zone.offsetAt(ms)) })}
            </button>
          ))}
        </div>
      )}
      <MonthCalendar {...{ address, zone, atMs, nowMs }} onGo={go} />
    </form>
  );
}

function faultWords(fault: TypedFault, typed: string, zone: Zone): string {
  if (fault.kind !== 'skipped') return message(`go.${fault.kind}`);
  const changed = clockWords(zone.localTime(fault.changeMs - 1000), false);
  // The clocks show the last minute before the change for its whole length.
  const [hour, minute] = changed.split(':').map(Number) as [number, number];
  const next = (hour * 60 + minute + 1) % 1440;
  const words = `${String(Math.floor(next / 60)).padStart(2, '0')}:${String(next % 60).padStart(2, '0')}`;
  return message('go.skipped', { clock: typed.trim(), changed: words });
}
