import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hiddenGraceMs, outdatedAfterMs, UpdateLink } from './update_link.ts';

/** A link with its connections, and a time that passes when the test says so. */
function linked() {
  const sources: { fail: () => void; closed: boolean }[] = [];
  const timers = new Set<{ atMs: number; call: () => void }>();
  const changes: string[] = [];
  let now = 0;
  const link = new UpdateLink({
    open(fail) {
      const source = { fail, closed: false };
      sources.push(source);
      return {
        close() {
          source.closed = true;
        },
      };
    },
    after(ms, call) {
      const timer = { atMs: now + ms, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    onChange: (state, current) => changes.push(current ? state : `${state}, out of date`),
  });
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now += 1;
      for (const timer of timers) {
        if (timer.atMs > now) continue;
        timers.delete(timer);
        timer.call();
      }
    }
  };
  const open = () => sources.filter(({ closed }) => !closed).length;
  link.connect();
  return { link, sources, changes, pass, open };
}

test('a page that is hidden lets go of its connection, and has another once it is looked at', () => {
  const { link, changes, pass, open } = linked();
  link.heard();
  link.seen(false);
  pass(hiddenGraceMs - 1);
  assert.equal(open(), 1);
  pass(1);
  assert.equal(open(), 0);
  pass(3_600_000);
  assert.equal(open(), 0);
  link.seen(true);
  assert.equal(open(), 1);
  link.heard();
  assert.deepEqual(changes, ['open', 'connecting', 'open'], 'it is never said to be lost or out of date');
});

test('a page that is hidden for a moment keeps its connection', () => {
  const { link, sources, changes, pass } = linked();
  link.heard();
  link.seen(false);
  pass(hiddenGraceMs - 1);
  link.seen(true);
  pass(60_000);
  assert.equal(sources.length, 1);
  assert.deepEqual(changes, ['open']);
});

test('a failure is said at once, and some seconds later that what is known is out of date', () => {
  const { link, sources, changes, pass, open } = linked();
  link.heard();
  sources[0]!.fail();
  assert.deepEqual(changes, ['open', 'lost']);
  pass(outdatedAfterMs - 1);
  sources.at(-1)!.fail();
  assert.doesNotMatch(changes.join(), /out of date/);
  pass(1);
  assert.equal(changes.at(-1), 'lost, out of date');
  pass(60_000);
  assert.equal(open(), 1);
  link.heard();
  assert.equal(changes.at(-1), 'open');
  pass(60_000);
  assert.equal(changes.at(-1), 'open');
});

test('a server that was back within seconds leaves nothing out of date', () => {
  const { link, sources, changes, pass } = linked();
  link.heard();
  sources[0]!.fail();
  pass(outdatedAfterMs - 1);
  link.heard();
  pass(60_000);
  assert.deepEqual(changes, ['open', 'lost', 'open']);
});

test('a connection that says nothing when the page is looked at again makes what is known out of date', () => {
  const { link, changes, pass } = linked();
  link.heard();
  link.seen(false);
  pass(hiddenGraceMs);
  link.seen(true);
  pass(outdatedAfterMs);
  assert.equal(changes.at(-1), 'connecting, out of date');
});

test('nothing is tried while nobody looks, and at once when somebody does', () => {
  const { link, sources, changes, pass } = linked();
  sources[0]!.fail();
  link.seen(false);
  pass(hiddenGraceMs);
  const tried = sources.length;
  link.hasten();
  pass(3_600_000);
  assert.equal(sources.length, tried);
  link.seen(true);
  assert.equal(sources.length, tried + 1);
  assert.match(changes.at(-1)!, /^lost/, 'what was lost stays so until the server is heard');
});

test('a network that comes back ends the wait for the next attempt', () => {
  const { link, sources, open } = linked();
  link.hasten();
  assert.equal(sources.length, 1, 'one that is not lost is left alone');
  sources[0]!.fail();
  link.hasten();
  assert.equal(sources.length, 2);
  assert.equal(open(), 1);
});
