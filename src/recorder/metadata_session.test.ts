import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../test/fixtures/until.ts';
import { systemClock } from '../clock/system_clock.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { parseSessionDescription } from '../sdp/session_description.ts';
import type { SimulatedCamera } from '../simulator/camera.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { StreamSession } from './stream_session.ts';
import { selectTracks } from './track_selection.ts';
import type { Transport } from './transport_choice.ts';

const video = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'];
const application = (encoding: string) => ['m=application 0 RTP/AVP 107', `a=rtpmap:107 ${encoding}/90000`];

const offers: readonly [name: string, lines: readonly string[], index: number | undefined, notes: RegExp][] =
  [
    ['plain metadata are taken', [...video, ...application('vnd.onvif.metadata')], 1, /^$/],
    ['metadata before the video are taken', [...application('vnd.onvif.metadata'), ...video], 0, /^$/],
    [
      'compressed metadata are refused with the reason',
      [...video, ...application('vnd.onvif.metadata.gzip')],
      undefined,
      /compressed \(vnd\.onvif\.metadata\.gzip\)/,
    ],
    [
      'binary metadata are refused with the reason',
      [...video, ...application('VND.ONVIF.METADATA.EXI.ONVIF')],
      undefined,
      /binary XML \(EXI\)/,
    ],
    [
      'of two the plain one is taken',
      [...video, ...application('vnd.onvif.metadata.gzip'), ...application('vnd.onvif.metadata')],
      2,
      /compressed/,
    ],
    ['applications that are no metadata are left alone', [...video, ...application('H224')], undefined, /^$/],
    [
      'S8: an application without a payload type that is a number',
      [...video, 'm=application/TP-LINK 0 RTP/AVP smart/1/90000'],
      undefined,
      /unknown kind/,
    ],
  ];

for (const [name, lines, index, notes] of offers) {
  test(name, () => {
    const selection = selectTracks(parseSessionDescription(lines.join('\r\n')));
    assert.equal(selection.metadata?.mediaIndex, index);
    assert.match(selection.notes.join(' '), notes);
    assert.deepEqual(
      selection.media.map(({ kind }) => kind),
      ['video'],
    );
  });
}

async function session(camera: Omit<SimulatedCamera, 'path'>, transport: Transport = 'tcp') {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'main', ...camera }] });
  const pool = new ChunkPool();
  const documents: string[] = [];
  let pictures = 0;
  const opened = new StreamSession({
    target: { url: simulator.url('main'), transport },
    patienceMs: 5_000,
    clock: systemClock,
    pool,
    metadata: true,
    events: {
      onUnit(unit) {
        if (unit.kind === 'accessUnit') pictures++;
        if (unit.kind !== 'damage') pool.release(unit.bytes);
      },
      onMetadata: ({ xml }) => documents.push(Buffer.from(xml).toString()),
      onSenderReport() {},
      onTick: () => undefined,
    },
  });
  const stop = async () => {
    await opened.stop();
    await simulator.close();
  };
  return {
    opened,
    documents,
    pictures: () => pictures,
    sent: () => simulator.counters('main').metadataDocumentsSent,
    stop,
  };
}

for (const transport of ['tcp', 'udp'] as const) {
  test(`metadata come whole over ${transport}, and are counted apart from the media`, async () => {
    // Each document has several packets.
    const { opened, documents, pictures, sent, stop } = await session(
      { metadata: true, maxPayloadBytes: 150 },
      transport,
    );
    try {
      await opened.open();
      await until(() => documents.length >= 2 && pictures() > 20);
      const { figures } = opened;
      assert.match(documents[0]!, /^<\?xml[\s\S]*<\/tt:MetadataStream>$/);
      assert.equal(figures.metadataDocuments, documents.length);
      assert.ok(sent() >= documents.length && figures.metadataLost === 0);
      assert.ok(figures.metadataPackets > documents.length * 3);
      assert.equal(
        figures.metadataBytes,
        documents.reduce((sum, each) => sum + each.length, 0),
      );
      assert.deepEqual(opened.notes, []);
    } finally {
      await stop();
    }
  });
}

test('metadata that are refused are left out with a note, and pictures come', async () => {
  const { opened, documents, pictures, stop } = await session({
    metadata: true,
    faults: { metadataSetUp: 'refused' },
  });
  try {
    await opened.open();
    await until(() => pictures() > 5);
    assert.deepEqual(opened.notes, ['The camera offers metadata and refuses to send them.']);
    assert.deepEqual(documents, []);
    assert.equal(opened.figures.metadataPackets, 0);
  } finally {
    await stop();
  }
});
