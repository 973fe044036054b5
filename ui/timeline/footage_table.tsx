import { message } from '../messages/message.ts';
import { damageWords } from './damage.ts';
import { eventName } from './event_words.ts';
import type { FootagePart } from './footage_part.ts';
import { causeWords, gapLength } from './gap_words.ts';
import { fullInstantWords, instantWords } from './time_words.ts';
import type { TimelineModel } from './timeline_model.ts';
import { endOf, startOf } from './viewport.ts';

const maxRows = 200;

/** The same facts as the timeline, as a table: for who does not see it, and for who wants to read. */
export function FootageTable({
  model,
  cameraName,
  onSeek,
}: {
  model: TimelineModel;
  cameraName: string;
  onSeek: (ms: number) => void;
}) {
  void model.footage.version.value;
  const view = model.view.value;
  const nowMs = model.nowMs.value;
  const { zone } = model;
  const { parts, damages, events } = model.store.compose(view, nowMs);
  const rows = [
    ...parts.map((part) => ({ ...part, words: whatWords(part) })),
    ...damages.map((damage) => ({ ...damage, kind: 'damage', words: damageWords(damage) })),
    ...events.map((event) => ({
      ...event,
      kind: 'event',
      words: message('event.named', { name: eventName(event.type), count: event.count }),
    })),
  ].sort((a, b) => a.startMs - b.startMs);
  const [from, to] = [startOf(view), Math.min(nowMs, endOf(view))];
  return (
    <div class="footage-table">
      <p class="small dim">{message('table.hint')}</p>
      <table>
        <caption class="visually-hidden">
          {message('table.caption', {
            camera: cameraName,
            from: fullInstantWords(zone, from),
            to: fullInstantWords(zone, to),
          })}
        </caption>
        <thead>
          <tr>
            <th scope="col">{message('table.from')}</th>
            <th scope="col">{message('table.length')}</th>
            <th scope="col">{message('table.what')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, maxRows).map((row, index) => (
            <tr key={`${row.startMs} ${index}`} class={row.kind}>
              <td>
                <button type="button" onClick={() => onSeek(row.startMs)}>
                  {instantWords(zone, row.startMs, nowMs)}
                </button>
              </td>
              <td>{lengthWords(row)}</td>
              <td>{row.words}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="faint">{message('table.empty')}</p>}
      {rows.length > maxRows && (
        <p class="faint">{message('table.more', { count: rows.length - maxRows })}</p>
      )}
    </div>
  );
}

/** What is drawn has a length, if ever so short; an event need not have one. */
function lengthWords({ startMs, endMs }: { startMs: number; endMs: number }): string {
  return startMs === endMs ? message('storage.none') : gapLength(endMs - startMs);
}

function whatWords(part: FootagePart): string {
  if (part.kind === 'recorded') return message(part.growing ? 'state.growing' : 'state.recorded');
  return message('state.gap', { cause: causeWords(part.cause) });
}
