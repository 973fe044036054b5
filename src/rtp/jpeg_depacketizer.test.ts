import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jpegPayload, packetizeJpeg, takeJpegApart } from '../../test/fixtures/jpeg_packets.ts';
import { formatJpegHeaders, jpegMarker } from '../media/jpeg_headers.ts';
import { jpegSegments } from '../media/jpeg_segments.ts';
import { computedQuantizationTables } from '../media/jpeg_tables.ts';
import type { ChunkPool } from '../media/sample_arena.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import type { PayloadFormat } from './depacketizer.ts';
import { JpegDepacketizer } from './jpeg_depacketizer.ts';
import { parseRtpPacket } from './packet.ts';
import {
  depacketize,
  hex,
  marked,
  packet,
  seededRandom,
  type TestPacket,
  toRtpPacket,
  WatchedPool,
} from './test_support.ts';

type Size = PayloadFormat['pictureSize'];

const make = (pictureSize?: Size, maxPictureBytes?: number) => (pool: ChunkPool) =>
  new JpegDepacketizer({
    format: { clockRate: 90_000, ...(pictureSize && { pictureSize }) },
    pool,
    ...(maxPictureBytes !== undefined && { maxPictureBytes }),
  });

const tables = computedQuantizationTables(50);
const otherTables = computedQuantizationTables(10);
const scanOf = (length: number, seed = 1): Buffer => {
  const random = seededRandom(seed);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 0xfe) + 1));
};
const first = (data: Uint8Array, more = {}) => jpegPayload({ offset: 0, data, tables, ...more });
const later = (offset: number, data: Uint8Array, more = {}) => jpegPayload({ offset, data, ...more });

/** What a table compares: damage in words, pictures by their size and data. */
function outcome(packets: readonly TestPacket[], size?: Size, maxPictureBytes?: number): string[] {
  const { units, bytes } = depacketize(make(size, maxPictureBytes), packets);
  return units.map((unit, index) => {
    if (unit.kind === 'damage') return unit.reason;
    assert.equal(unit.kind, 'accessUnit');
    assert.equal(unit.keyFrame, true);
    const { width, height, scan } = takeJpegApart(bytes[index]!);
    assert.deepEqual([unit.track.width, unit.track.height], [width, height]);
    assert.equal(bytes[index]!.subarray(-2).toString('hex'), 'ffd9');
    return `${width}x${height} ${Buffer.from(scan).toString('hex')}`;
  });
}

const [a, b, c] = [hex('a1a2a3'), hex('b1b2'), hex('c1')];
const whole = (timestamp: number, data = a) => marked(timestamp, first(data));
const abc = '64x64 a1a2a3b1b2c1';

const cases: readonly [name: string, packets: readonly TestPacket[], expected: readonly string[]][] = [
  ['a picture in one packet', [whole(0)], ['64x64 a1a2a3']],
  [
    'a picture in three packets',
    [packet(0, first(a)), packet(0, later(3, b)), marked(0, later(5, c))],
    [abc],
  ],
  [
    'A5: fragments at connect are dropped without a word',
    [packet(0, later(3, b)), marked(0, later(5, c)), whole(1)],
    ['64x64 a1a2a3'],
  ],
  ['A5: a missing end of image is appended', [marked(0, first(hex('0102')))], ['64x64 0102']],
  ['A5: an end of image that is there is not doubled', [marked(0, first(hex('0102ffd9')))], ['64x64 0102']],
  ['zeros behind the end of image are cut off', [marked(0, first(hex('0102ffd9000000')))], ['64x64 0102']],
  ['zeros at the end of the data stay', [marked(0, first(hex('0102ff00')))], ['64x64 0102ff00']],
  [
    'V1: a marker that is never set',
    [packet(0, first(a)), packet(1, first(b)), packet(2, first(c))],
    ['64x64 a1a2a3', '64x64 b1b2', 'the session ended before the end of a picture'],
  ],
  [
    'a marker that is missing once, and with it the end of image',
    [whole(0), packet(1, first(a)), whole(2, b)],
    ['64x64 a1a2a3', 'the end of a picture did not come', '64x64 b1b2'],
  ],
  [
    'a marker that is missing behind an end of image',
    [whole(0), packet(1, first(hex('a1ffd9'))), whole(2, b)],
    ['64x64 a1a2a3', '64x64 a1', '64x64 b1b2'],
  ],
  [
    'P11: a loss within a picture drops the picture alone',
    [packet(0, first(a)), { ...marked(0, later(5, c)), lostBefore: 1 }, whole(1, b)],
    ['a packet was lost', '64x64 b1b2'],
  ],
  [
    'P11: a loss of a beginning drops the picture alone',
    [whole(0), { ...marked(1, later(3, b)), lostBefore: 2 }, whole(2, c)],
    ['64x64 a1a2a3', '2 packets were lost', '64x64 c1'],
  ],
  [
    'a fragment that comes after the marker of its picture',
    [whole(0), marked(0, later(3, b)), whole(1, c)],
    ['64x64 a1a2a3', 'a fragment came without the beginning of its picture', '64x64 c1'],
  ],
  [
    'an offset that leaves a hole',
    [packet(0, first(a)), marked(0, later(4, c)), whole(1, b)],
    ['a fragment does not continue the one before', '64x64 b1b2'],
  ],
  [
    'a packet shorter than its header',
    [whole(0), marked(1, hex('00000000')), whole(2, b)],
    ['64x64 a1a2a3', 'a packet is shorter than its headers', '64x64 b1b2'],
  ],
  [
    'a packet that ends within its restart header',
    [marked(0, hex('0000000041ff0808 0001'))],
    ['a packet is shorter than its headers'],
  ],
  [
    'a packet that ends within its tables',
    [marked(0, first(Buffer.of()).subarray(0, 40))],
    ['a packet is shorter than its headers'],
  ],
  ['an empty packet', [packet(0, first(a)), packet(0, ''), marked(0, later(3, b))], ['64x64 a1a2a3b1b2']],
  ['a picture without data', [marked(0, first(Buffer.of()))], ['a picture is empty']],
  [
    'a type of no meaning',
    [marked(0, first(a, { type: 2 })), whole(1)],
    ['JPEG of type 2 cannot be read', '64x64 a1a2a3'],
  ],
  ['a dynamic type', [marked(0, first(a, { type: 128 }))], ['JPEG of type 128 cannot be read']],
  ['Q 0', [marked(0, first(a, { q: 0 }))], ['a picture has the reserved Q 0']],
  ['Q 100', [marked(0, first(a, { q: 100 }))], ['a picture has the reserved Q 100']],
  [
    'tables of half a table',
    [marked(0, first(a, { tables: tables.subarray(0, 32) }))],
    ['the quantization tables of a picture are cut off'],
  ],
  [
    'no tables yet for Q 200',
    [marked(0, first(a, { q: 200, tables: Buffer.of() }))],
    ['the quantization tables of a picture did not come yet'],
  ],
  [
    'tables of Q 255 hold for one picture',
    [whole(0), marked(1, first(b, { tables: Buffer.of() }))],
    ['64x64 a1a2a3', 'the quantization tables of a picture did not come yet'],
  ],
  [
    'a size that nothing tells',
    [marked(0, first(a, { width: 0, height: 0 }))],
    ['the camera does not tell the size of a picture'],
  ],
];

for (const [name, packets, expected] of cases) {
  test(name, () => assert.deepEqual(outcome(packets), expected));
}

test('a picture beyond its bound is dropped, and the next one taken', () => {
  const packets = [packet(0, first(scanOf(900))), marked(0, later(900, scanOf(200))), whole(1)];
  assert.deepEqual(outcome(packets, undefined, 1700), [
    'a picture is longer than 1700 bytes',
    '64x64 a1a2a3',
  ]);
});

const sizes: readonly [name: string, width: number, height: number, described: Size, expected: string][] = [
  ['of the header', 80, 60, undefined, '640x480'],
  ['of the description where the header has none', 0, 0, { width: 2560, height: 1440 }, '2560x1440'],
  ['of the description to the sample', 41, 31, { width: 321, height: 241 }, '321x241'],
  ['of the header where the description differs', 80, 60, { width: 1920, height: 1080 }, '640x480'],
  [
    'of the description where the header has its lowest bits',
    64,
    180,
    { width: 2560, height: 1440 },
    '2560x1440',
  ],
  ['of the description where those are zero', 128, 0, { width: 3072, height: 2048 }, '3072x2048'],
  ['of a known camera where the header has its lowest bits', 224, 14, undefined, '3840x2160'],
];

for (const [name, width, height, described, expected] of sizes) {
  test(`a size ${name}`, () => {
    const [picture] = outcome([marked(0, first(a, { width, height }))], described);
    assert.equal(picture, `${expected} a1a2a3`);
  });
}

/** Quantization tables of the pictures. */
function tablesOf(packets: readonly TestPacket[]): string[] {
  return depacketize(make(), packets).bytes.map((bytes) =>
    Buffer.from(takeJpegApart(bytes).tables).toString('hex'),
  );
}
const asHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('A5: tables that came once hold for all pictures of their Q', () => {
  const empty = Buffer.of();
  const found = tablesOf([
    marked(0, first(a, { q: 130 })),
    marked(1, first(a, { q: 131, tables: otherTables })),
    marked(2, first(a, { q: 130, tables: empty })),
    marked(3, first(a, { q: 131, tables: empty })),
    marked(4, first(a, { q: 130, tables: otherTables })),
    marked(5, first(a, { q: 130, tables: empty })),
  ]);
  const [one, two] = [asHex(tables), asHex(otherTables)];
  assert.deepEqual(found, [one, two, one, two, two, two]);
});

test('A5: tables are computed for Q from 1 to 99', () => {
  for (let q = 1; q <= 99; q++) {
    assert.deepEqual(tablesOf([marked(0, first(a, { q }))]), [asHex(computedQuantizationTables(q))]);
  }
  assert.deepEqual([...computedQuantizationTables(50).subarray(0, 4)], [16, 11, 12, 14]);
  assert.deepEqual([...computedQuantizationTables(1).subarray(0, 2)], [255, 255]);
  assert.deepEqual([...computedQuantizationTables(99).subarray(0, 4)], [1, 1, 1, 1]);
});

test('a single table serves both components, and 16-bit tables ask for the extended process', () => {
  const [one, wide] = [
    depacketize(make(), [marked(0, first(a, { tables: tables.subarray(0, 64) }))]).bytes[0]!,
    depacketize(make(), [marked(0, first(a, { tables: Buffer.alloc(256, 1), precision: 3 }))]).bytes[0]!,
  ];
  const frameOf = (file: Buffer) =>
    jpegSegments(file, 0, file.length).find(({ marker }) => marker === 0xc0 || marker === 0xc1)!;
  assert.equal(one[frameOf(one).body + 11], 0);
  assert.equal(frameOf(wide).marker, jpegMarker.sof1);
});

test('restart intervals of types 64 and 65 stand in the file, and each packet has the header', () => {
  for (const [type, sampling] of [
    [64, 0x21],
    [65, 0x22],
  ] as const) {
    const more = { type, restartInterval: 40 };
    const { bytes } = depacketize(make(), [packet(0, first(a, more)), marked(0, later(3, b, more))]);
    const picture = takeJpegApart(bytes[0]!);
    assert.equal(picture.restartInterval, 40);
    assert.equal(asHex(picture.scan), 'a1a2a3b1b2');
    const frame = jpegSegments(bytes[0]!, 0, bytes[0]!.length).find(
      ({ marker }) => marker === jpegMarker.sof0,
    )!;
    assert.equal(bytes[0]![frame.body + 7], sampling);
  }
});

test('pictures of one size have one track, those of another size another', () => {
  const packets = [whole(0), whole(1, b), marked(2, first(a, { width: 16 })), whole(3)];
  const { units } = depacketize(make(), packets);
  const tracks = units.map((unit) => (unit.kind === 'accessUnit' ? unit.track : undefined));
  assert.equal(tracks[0], tracks[1]);
  assert.equal(tracks[2]!.width, 128);
  assert.deepEqual(tracks[3], tracks[0]);
  assert.equal(tracks[0]!.codecString, 'jpeg');
});

/** A packet with the header extension of ONVIF around the payload. */
function extended(payload: Uint8Array, segments: Uint8Array, profile = 0xffd8): Buffer {
  const padded = Buffer.concat([Buffer.alloc((4 - (segments.length % 4)) % 4, 0xff), segments]);
  const header = Buffer.alloc(16);
  header.set([0x90, 0x80 | 26, 0, 1]);
  header.writeUInt16BE(profile, 12);
  header.writeUInt16BE(padded.length / 4, 14);
  return Buffer.concat([header, padded, payload]);
}

function pushExtended(...packets: Buffer[]) {
  const pool = new WatchedPool();
  const depacketizer = make()(pool);
  for (const bytes of packets) depacketizer.push(parseRtpPacket(bytes, 0, bytes.length, unixMillis(0))!, 0);
  const unit = depacketizer.next()!;
  const file =
    unit.kind === 'damage'
      ? Buffer.of()
      : Buffer.from(unit.bytes.chunk.bytes.subarray(unit.bytes.start, unit.bytes.end));
  if (unit.kind !== 'damage') pool.release(unit.bytes);
  depacketizer.close();
  assert.equal(pool.holders, 0);
  return { unit, file };
}

test('a frame header of its own in the header extension tells a size beyond 2,040', () => {
  const frame = hex('ffc0 0011 08 0870 1000 03 012200 021101 031101');
  const dri = hex('ffdd 0004 0010');
  const payload = first(a, { width: 0, height: 0 });
  const { unit, file } = pushExtended(extended(payload, Buffer.concat([dri, frame])));
  assert.ok(unit.kind === 'accessUnit');
  assert.deepEqual([unit.track.width, unit.track.height], [4096, 2160]);
  const { width, restartInterval, scan } = takeJpegApart(file);
  assert.deepEqual([width, restartInterval, asHex(scan)], [4096, 16, 'a1a2a3']);
});

test('a grey picture in the header extension has a scan of one component', () => {
  const { file } = pushExtended(extended(first(a), hex('ffc0 000b 08 0010 0020 01 011100')));
  const scan = jpegSegments(file, 0, file.length).at(-1)!;
  assert.equal(asHex(file.subarray(scan.body, scan.end)), '010100003f00');
});

const badExtensions: readonly [name: string, extension: string, expected: string][] = [
  [
    'a frame header that is cut off',
    'ffc0 0008 08 0010 0020 01',
    'the frame header of a picture cannot be read',
  ],
  [
    'a frame of four components',
    'ffc0 0014 08 0010 0020 04 011100 021100 031100 041100',
    'the frame header of a picture cannot be read',
  ],
];

for (const [name, extension, expected] of badExtensions) {
  test(`${name} in the header extension costs the picture`, () => {
    const { unit } = pushExtended(extended(first(a), hex(extension)));
    assert.equal(unit.kind === 'damage' && unit.reason, expected);
  });
}

test('headers that go on in a second packet cost the picture', () => {
  const start = extended(first(a), hex('ffc0 0011 08 0870 1000 03 012200 021101 031101'));
  start[1] = 26;
  const { unit } = pushExtended(start, extended(later(3, b), hex('ffdd 0004 0010'), 0xffff));
  assert.equal(unit.kind === 'damage' && unit.reason, 'the headers of a picture come in several packets');
});

test('another header extension, and rubbish in this one, change nothing', () => {
  for (const bytes of [extended(first(a), hex('ffc0 0011'), 0xabac), extended(first(a), hex('12345678'))]) {
    const { file } = pushExtended(bytes);
    assert.equal(asHex(takeJpegApart(file).scan), 'a1a2a3');
  }
});

test('a file that was taken apart is put together again, whatever its size and packets', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2040 }),
      fc.integer({ min: 1, max: 2040 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 1400 }),
      fc.constantFrom('4:2:2' as const, '4:2:0' as const),
      fc.integer({ min: 0, max: 0xffff }),
      (width, height, length, maxDataBytes, subsampling, restartInterval) => {
        const quantization = { bytes: tables, precision: 0 };
        const headers = formatJpegHeaders({ width, height, subsampling, quantization, restartInterval });
        const file = Buffer.concat([headers, scanOf(length, width), hex('ffd9')]);
        const payloads = packetizeJpeg(takeJpegApart(file), maxDataBytes);
        const packets = payloads.map((payload, index) =>
          index === payloads.length - 1 ? marked(7, payload) : packet(7, payload),
        );
        const { units, bytes } = depacketize(make({ width, height }), packets);
        assert.equal(units.length, 1);
        assert.ok(bytes[0]!.equals(file));
      },
    ),
    { seed: 2435, numRuns: 200 },
  );
});

test('no bytes throw, hold memory or make more than they are', () => {
  const random = seededRandom(2435);
  const pool = new WatchedPool();
  const depacketizer = make(undefined, 20_000)(pool);
  const upTo = (limit: number) => Math.floor(random() * limit);
  for (let index = 0; index < 20_000; index++) {
    const payload = Buffer.from(Array.from({ length: upTo(300) }, () => upTo(256)));
    if (payload.length > 4 && upTo(4) > 0) {
      payload.fill(0, 0, 4);
      payload[4] = upTo(66);
    }
    const parsed = toRtpPacket({ timestamp: upTo(3), payload, marker: upTo(3) === 0 }, index & 0xffff);
    depacketizer.push({ ...parsed, timestamp: rtpTimestamp(parsed.timestamp) }, upTo(20) === 0 ? 1 : 0);
    for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) {
      if (unit.kind !== 'damage') pool.release(unit.bytes);
    }
  }
  depacketizer.close();
  assert.equal(pool.holders, 0);
  assert.ok(pool.bytes < 4 * 1024 * 1024);
});
