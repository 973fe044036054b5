import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CoverageAnswer } from '../api/contract/coverage.ts';
import { readCoverage } from '../api/coverage_service.ts';
import { parseInstant } from '../api/instant.ts';
import { indexAlone, readTimeline } from '../api/timeline_service.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError } from '../errors/system_error.ts';
import type { Camera } from '../index/cameras.ts';
import { type IndexReader, openIndexReadOnly } from '../index/open_index.ts';
import { decimalNumber, type ValueParser } from '../settings/value.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { exitFailed, exitGood, type Invocation } from './command.ts';
import { usage } from './command_line.ts';
import { type CoveredStream, coverageCsv, coverageText } from './coverage_text.ts';
import { optionValue } from './option_value.ts';
import { settingsOf } from './settings_of.ts';

const defaultSpanMs = 86_400_000;

const instant: ValueParser<UnixMillis> = (text) => {
  try {
    return { value: parseInstant(text, 'the time') };
  } catch {
    return { expected: 'a time such as 2026-01-31T12:00:00Z, or epoch milliseconds' };
  }
};

/** Prints how much is recorded. It reads the index beside its writer, so a running server is not disturbed. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, json, process } = invocation;
  const minPercent = optionValue(invocation, 'min-percent', decimalNumber(0, 100));
  const toMs = optionValue(invocation, 'to', instant) ?? unixMillis(Math.floor(process.clock.now()));
  const fromMs = optionValue(invocation, 'from', instant) ?? unixMillis(Math.max(0, toMs - defaultSpanMs));
  if (fromMs >= toMs) throw usage('--to must be later than --from.');
  const csv = options.get('csv');
  if (csv === '-' && json) throw usage('--json and --csv - both want standard output.');

  const { dataDir } = await settingsOf(invocation);
  const index = openIndexReadOnly(path.join(dataDir, 'nightjar.db'));
  try {
    const streams = index.snapshot(() => read(index, invocation, { fromMs, toMs }));
    if (csv !== undefined) await writeCsv(csv, coverageCsv(streams), invocation);
    if (json) process.stdout.write(`${JSON.stringify({ fromMs, toMs, streams: streams.map(toJson) })}\n`);
    else if (csv !== '-') process.stdout.write(coverageText(streams, { fromMs, toMs }));
    const isShort = ({ coverage: { percent } }: CoveredStream) =>
      minPercent !== undefined && percent !== undefined && percent < minPercent;
    return streams.some(isShort) ? exitFailed : exitGood;
  } finally {
    index.close();
  }
}

function read(
  index: IndexReader,
  { options, process }: Invocation,
  window: { readonly fromMs: UnixMillis; readonly toMs: UnixMillis },
): CoveredStream[] {
  const sources = indexAlone(index.footage, process.clock);
  const covered = chosenCameras(index.cameras.list(), options.get('camera')).flatMap((camera) =>
    camera.streams.map((stream) => ({
      camera,
      record: stream.record,
      coverage: readCoverage(sources, { ...window, stream }),
      gaps: readTimeline(sources, { ...window, streamId: stream.id }).gaps,
    })),
  );
  // A stream that is only watched has nothing to say, unless it was recorded once.
  return covered.filter(({ record, coverage }) => record || coverage.coveredMs > 0);
}

function chosenCameras(cameras: readonly Camera[], asked: string | undefined): readonly Camera[] {
  if (asked === undefined) return cameras;
  const chosen = cameras.filter(({ id, name }) => id === asked || name === asked);
  if (chosen.length > 0) return chosen;
  const names = cameras.map(({ name }) => name).join(', ');
  throw new NightjarError(
    'camera_unknown',
    `There is no camera ${JSON.stringify(asked)}${names === '' ? '' : `; there are ${names}`}.`,
    { place: { camera: asked } },
  );
}

async function writeCsv(file: string, text: string, { process }: Invocation): Promise<void> {
  if (file === '-') return void process.stdout.write(text);
  try {
    await writeFile(path.resolve(process.workingDir, file), text);
  } catch (error) {
    throw diskError(error, file);
  }
}

function toJson({ camera, coverage, gaps }: CoveredStream): object {
  const { gaps: byCause, ...figures }: CoverageAnswer = coverage;
  return { cameraId: camera.id, camera: camera.name, ...figures, gapsByCause: byCause, gaps };
}
