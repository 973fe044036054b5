import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boxTree } from '../../test/fixtures/box_tree.ts';
import {
  testAacTrack,
  testG711Track,
  testOpusTrack,
  testVideoTrack,
} from '../../test/fixtures/synthetic_media.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { h265Track } from '../media/h265_track.ts';
import { jpegTrack } from '../media/jpeg_track.ts';
import { sampleEntry, sampleEntryHash } from './sample_entry.ts';
import { codecStringOf } from './sample_entry_reader.ts';

/** The body of the first box of a type in a sample entry, in hex. */
function bodyOf(entry: Uint8Array, type: string): string | undefined {
  const bytes = Buffer.from(entry);
  const at = bytes.indexOf(type);
  return at < 0 ? undefined : bytes.toString('hex', at + 4, at - 4 + bytes.readUInt32BE(at - 4));
}

test('the codec string of an entry is that of its track', () => {
  const high = testAacTrack;
  for (const [codecString, track] of [
    ['avc1.64000c', testVideoTrack],
    ['jpeg', jpegTrack({ timescale: 90_000, width: 640, height: 480 })],
    ['mp4a.40.2', high],
    ['mp4a.40.5', { ...high, config: Uint8Array.of(0x2b, 0x8a, 0x08, 0x00) }],
    ['mp4a.40.34', { ...high, config: Uint8Array.of(0xf8, 0x4c, 0x20) }],
    ['ulaw', testG711Track],
    ['alaw', { ...testG711Track, codec: 'pcma' as const }],
    ['twos', { ...testG711Track, codec: 'l16' as const, bitsPerSample: 16 }],
    ['g722', { ...testG711Track, codec: 'g722' as const, bitsPerSample: 4 }],
    ['g726', { ...testG711Track, codec: 'g726' as const, bitsPerSample: 3 }],
    ['opus', testOpusTrack],
  ] as const) {
    assert.equal(codecStringOf(sampleEntry(track)), codecString);
  }
});

test('avcC holds the parameter sets, and for the high profiles the format', () => {
  const sps = Buffer.from(testVideoTrack.sps).toString('hex');
  assert.equal(
    bodyOf(sampleEntry({ ...testVideoTrack, pps: [Uint8Array.of(0x68, 1), Uint8Array.of(0x68, 2)] }), 'avcC'),
    `0164000cffe1001a${sps}0200026801000268${'02fdf8f800'}`,
  );
  const baseline = Uint8Array.from(testVideoTrack.sps);
  baseline[1] = 66;
  assert.match(
    bodyOf(sampleEntry({ ...testVideoTrack, sps: baseline }), 'avcC')!,
    /^0142000c.*000468ef8fcb$/,
  );
});

test('hvcC is what ffmpeg writes for the same parameter sets', () => {
  const [vps, sps, pps] = [
    '40010c01ffff01600000030090000003000003003c959409',
    '42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84',
    '4401c172b46240',
  ].map((text) => Buffer.from(text, 'hex'));
  const track = h265Track({ timescale: 90_000, vps: vps!, sps: sps!, pps: [pps!] });
  const entry = sampleEntry(track);
  const sets = [vps!, sps!, pps!].map(
    (set, index) =>
      `${(0xa0 + index).toString(16)}0001${set.length.toString(16).padStart(4, '0')}${set.toString('hex')}`,
  );
  assert.equal(bodyOf(entry, 'hvcC'), `0101600000009000000000003cf000fcfdf8f800000f03${sets.join('')}`);
  assert.equal(codecStringOf(entry), 'hvc1.1.6.L60.90');
});

test('an SPS that cannot be read is the fault of the camera', () => {
  assert.throws(() => sampleEntry({ ...testVideoTrack, sps: testVideoTrack.sps.slice(0, 4) }), {
    code: 'parameter_sets_malformed',
  });
});

test('pixels that are not square are told, square ones are not', () => {
  assert.equal(bodyOf(sampleEntry(testVideoTrack), 'pasp'), undefined);
  const wide = { ...testVideoTrack, pixelAspectRatio: { horizontal: 40, vertical: 33 } };
  assert.equal(bodyOf(sampleEntry(wide), 'pasp'), '0000002800000021');
});

test('a decoder config of any length has its length told', () => {
  const lengths: [bytes: number, told: string][] = [
    [2, '02'],
    [127, '7f'],
    [128, '8100'],
    [300, '822c'],
    [0x4001, '818001'],
  ];
  for (const [length, told] of lengths) {
    const config = new Uint8Array(length).fill(0x11);
    const esds = bodyOf(sampleEntry({ ...testAacTrack, config }), 'esds')!;
    assert.ok(esds.includes(`05${told}${Buffer.from(config).toString('hex')}0601`), `${length} bytes`);
    assert.equal(codecStringOf(sampleEntry({ ...testAacTrack, config })), 'mp4a.40.2');
  }
});

test('a rate beyond 16 bits is left to the decoder config', () => {
  const entry = sampleEntry({ ...testAacTrack, sampleRate: 96_000, channels: 6 });
  assert.match(boxTree(entry), /^mp4a \d+ 0{15}10{16}00060010000000000{8}/);
});

test('dOps tells the channels, and to skip nothing', () => {
  assert.equal(bodyOf(sampleEntry(testOpusTrack), 'dOps'), '000200000000bb80000000');
});

test('G.726 tells its bits, since its type does not', () => {
  const entry = sampleEntry({ ...testG711Track, codec: 'g726', bitsPerSample: 5 });
  assert.equal(
    Buffer.from(entry).toString('hex'),
    '000000246d7300450000000000000001000000000000000000010005000000001f400000',
  );
});

test('equal tracks have equal hashes, others have not', () => {
  const hash = sampleEntryHash(sampleEntry(testVideoTrack));
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.equal(sampleEntryHash(sampleEntry({ ...testVideoTrack, sps: testVideoTrack.sps.slice() })), hash);
  assert.notEqual(sampleEntryHash(sampleEntry({ ...testVideoTrack, width: 322 })), hash);
});

test('rubbish in an entry never gives anything but a string or a malformed file', () => {
  const entries = [sampleEntry(testVideoTrack), sampleEntry(testAacTrack)];
  fc.assert(
    fc.property(
      fc.constantFrom(...entries),
      fc.nat(140),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (entry, at, value, cut) => {
        const copy = entry.slice(0, cut ? at : entry.length);
        if (at < copy.length) copy[at]! ^= value;
        try {
          assert.equal(typeof codecStringOf(copy), 'string');
        } catch (error) {
          assert.ok(error instanceof NightjarError && error.code === 'file_malformed', String(error));
        }
      },
    ),
    { numRuns: 1000, seed: 7 },
  );
});
