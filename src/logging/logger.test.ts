import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { createLog } from './logger.ts';

function recordingLog(options: { level?: string; isTTY?: boolean } = {}) {
  const clock = new SimulatedClock(1_000_000);
  const lines: string[] = [];
  const sink = { write: (text: string) => lines.push(text), isTTY: options.isTTY };
  const log = createLog({ level: options.level ?? 'info', clock, sink });
  return { clock, lines, log, logger: log.logger };
}

test('a line is JSON with level, time of the clock, fields and message', () => {
  const { lines, logger } = recordingLog();
  logger.info({ camera: 'gate' }, 'recording');
  assert.deepEqual(lines, ['{"level":30,"time":1000000,"camera":"gate","msg":"recording"}\n']);
});

test('a terminal gets one line for people', () => {
  const { lines, logger } = recordingLog({ isTTY: true });
  logger.info({ camera: 'gate', reason: 'no packets', count: 3 }, 'backing off');
  assert.match(lines[0]!, /^\d\d:\d\d:\d\d INFO {2}backing off camera=gate reason="no packets" count=3\n$/);
  logger.info({ reason: '\u001b[2J' }, 'said \u001b[31m\nhello');
  assert.match(lines.pop()!, /INFO {2}said \?\[31m\?hello reason="\\u001b\[2J"\n$/);
  logger.error({ err: new Error('boom') }, 'failed');
  assert.match(lines[1]!, /ERROR failed \nError: boom\n {4}at /);
});

test('no secret reaches the sink, whatever field or text carries it', () => {
  const { lines, logger } = recordingLog();
  const error = new NightjarError('camera_refused', 'rtsp://joe:hunter2@cam refused.', {
    place: { url: 'rtsp://joe:hunter2@cam/1' },
  });
  logger.warn({ err: error }, 'cannot open rtsp://joe:hunter2@cam/1');
  logger.warn({ camera: { name: 'gate', password: 'hunter2' }, password: 'hunter2' }, 'added');
  logger.warn({ headers: { authorization: 'Digest username="joe", response="hunter2"' } }, 'sent');
  assert.equal(lines.length, 3);
  assert.doesNotMatch(lines.join(''), /hunter2/);
  assert.match(lines[0]!, /rtsp:\/\/\*\*\*@cam\/1/);
});

test('what goes on record is written however much of it there is', () => {
  const { lines, log } = recordingLog();
  for (let file = 0; file < 100; file++) log.record.info({ path: `${file}.mp4` }, 'Footage is deleted.');
  assert.equal(lines.length, 100);
  assert.equal(log.heldBack, 0);
});

test('a repeating line is written five times a minute, then counted', () => {
  const { clock, lines, log, logger } = recordingLog();
  for (let packet = 0; packet < 1_000; packet++)
    logger.warn({ camera: 'gate' }, `packet ${packet} is damaged`);
  assert.equal(lines.length, 5);
  clock.advance(60_000);
  assert.equal(lines.length, 6);
  assert.deepEqual(JSON.parse(lines[5]!), {
    level: 40,
    time: 1_060_000,
    dropped: 995,
    like: 'gate packet # is damaged',
    msg: 'Log lines like one above were held back because they repeat.',
  });
  logger.warn({ camera: 'gate' }, 'packet 2000 is damaged');
  assert.equal(lines.length, 7);
  assert.equal(log.heldBack, 995);
  assert.equal(clock.pendingTimers, 1);
});

test('the trouble of one camera does not hide the same trouble of another', () => {
  const { lines, logger } = recordingLog();
  for (const camera of ['0a1', '0a2']) {
    for (let time = 0; time < 9; time++) logger.warn({ camera }, 'no packets');
  }
  const child = logger.child({ camera: '0a3' });
  for (let time = 0; time < 9; time++) child.warn('no packets');
  assert.equal(lines.length, 15);
  for (const url of ['rtsp://a/1', 'rtsp://b/1']) {
    for (let time = 0; time < 9; time++) logger.warn({ url }, 'the framing is broken');
  }
  assert.equal(lines.length, 25);
});

test('closing the log writes the counts that are due', () => {
  const { clock, lines, log, logger } = recordingLog();
  for (let time = 0; time < 7; time++) logger.error('disk failed');
  log.close();
  assert.equal(JSON.parse(lines.at(-1)!).dropped, 2);
  assert.equal(clock.pendingTimers, 0);
});

test('kinds of lines without end take no memory without end', () => {
  const { clock, logger } = recordingLog();
  for (let kind = 0; kind < 3_000; kind++) logger.warn({ camera: `camera ${kind}` }, 'no packets');
  assert.equal(clock.pendingTimers, 1_000);
});

test('debug lines are held back by level only', () => {
  const { lines, logger } = recordingLog({ level: 'debug' });
  for (let time = 0; time < 20; time++) logger.debug('reading');
  logger.trace('not written');
  assert.equal(lines.length, 20);
});
