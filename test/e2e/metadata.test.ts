import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import type { Faults } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** What a camera says beside its pictures is counted and offered, and never costs the pictures. */

interface Status {
  readonly cameras: readonly {
    readonly name: string;
    readonly streams: readonly {
      readonly state: string;
      readonly stateReason: string;
      readonly counters: Readonly<Record<string, number>>;
    }[];
  }[];
}

async function start(context: TestContext, faults: Readonly<Record<string, Faults>>) {
  const names = Object.keys(faults);
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: names.map((name) => ({ path: name, metadata: true, faults: faults[name]! })),
  });
  context.after(() => simulator.close());
  const words = ['serve', '--port', '0', '--min-free-bytes', '0'];
  const url = await new NightjarProcess(context, words, { cwd: temporaryFolder(context) }).url();
  const ids = new Map<string, string>();
  for (const name of names) {
    const body = JSON.stringify({ name, streams: [{ role: 'main', url: simulator.url(name) }] });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v1/cameras`, { method: 'POST', headers, body });
    ids.set(name, ((await answer.json()) as { id: string }).id);
  }
  return { url, ids };
}

test('metadata are counted and offered; a camera that cannot send them is recorded without', {
  timeout: 60_000,
}, async (context) => {
  const { url, ids } = await start(context, {
    willing: {},
    refusing: { metadataSetUp: 'refused' },
    silent: { metadataSetUp: 'unanswered' },
  });
  const status = await askUntil<Status>(`${url}/api/v1/status`, ({ cameras }) =>
    cameras.every(
      ({ name, streams: [stream] }) =>
        stream!.state === 'recording' && (name !== 'willing' || stream!.counters.metadataDocuments! > 1),
    ),
  );
  const of = (wanted: string) => status.cameras.find(({ name }) => name === wanted)!.streams[0]!;
  assert.equal(of('willing').stateReason, 'Recording.');
  assert.equal(of('willing').counters.metadataLost, 0);
  assert.match(of('refusing').stateReason, /offers metadata and refuses to send them/);
  assert.equal(of('silent').counters.reconnects, 1);
  assert.equal(of('silent').counters.metadataDocuments, 0);

  const newest = (name: string) => fetch(`${url}/api/v1/cameras/${ids.get(name)}/metadata`);
  const { xml, arrivalMs } = (await (await newest('willing')).json()) as { xml: string; arrivalMs: number };
  assert.match(xml, /<tt:MetadataStream[\s\S]*<\/tt:MetadataStream>$/);
  assert.ok(Math.abs(arrivalMs - Date.now()) < 10_000);
  const nothing = await newest('refusing');
  assert.equal(nothing.status, 404);
  assert.match(await nothing.text(), /has sent no metadata so far/);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /nightjar_stream_metadata_documents_total\{[^}]*\} [1-9]/);
});
