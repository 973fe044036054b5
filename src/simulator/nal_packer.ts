/** Packs pictures as cameras do that are wrong in one way or another: RFC 6184 and RFC 7798, and what breaks them. */

/** What can be wrong with the packets of a picture; docs/camera-fixtures.md explains each. */
export const packingFaults = [
  'no-sets',
  'no-sei',
  'sei',
  'mixed-slices',
  'zeros',
  'rubbish-behind-sps',
  'annex-b',
  'start-codes',
  'aggregate',
  'aggregate-padding',
  'no-marker',
  'marker-on-sets',
  'marker-on-sei',
  'marker-on-slices',
  'time-of-sets',
  'fu-whole',
  'fu-reserved',
  'fu-type',
  'fu-empty',
  'fu-no-end',
] as const;
export type PackingFault = (typeof packingFaults)[number];

export interface PackedPayload {
  readonly payload: Buffer;
  readonly marker: boolean;
  /** Added to the time stamp of the picture. */
  readonly extraTicks: number;
}

type Role = 'set' | 'sei' | 'slice' | 'mixed';

interface Codec {
  readonly headerBytes: number;
  role(nalUnit: Uint8Array): Role;
  isSps(nalUnit: Uint8Array): boolean;
  readonly sei: Uint8Array;
  readonly aggregateHeader: Buffer;
  /** Header of a fragment without its start and end bits. */
  fragmentHeader(nalUnit: Uint8Array): Buffer;
  readonly reservedBit: number;
}

const h264: Codec = {
  headerBytes: 1,
  role(nalUnit) {
    const type = nalUnit[0]! & 0x1f;
    return type === 7 || type === 8 ? 'set' : type === 6 ? 'sei' : 'slice';
  },
  isSps: (nalUnit) => (nalUnit[0]! & 0x1f) === 7,
  // user_data_unregistered with an identifier that nobody knows.
  sei: Buffer.from('0605100102030405060708090a0b0c0d0e0f1080', 'hex'),
  aggregateHeader: Buffer.of(0x78),
  fragmentHeader: (nalUnit) => Buffer.of((nalUnit[0]! & 0xe0) | 28, nalUnit[0]! & 0x1f),
  reservedBit: 0x20,
};

const h265: Codec = {
  headerBytes: 2,
  role(nalUnit) {
    const type = (nalUnit[0]! >> 1) & 0x3f;
    return type >= 32 && type <= 34 ? 'set' : type >= 39 ? 'sei' : 'slice';
  },
  isSps: (nalUnit) => ((nalUnit[0]! >> 1) & 0x3f) === 33,
  sei: Buffer.from('4e0105100102030405060708090a0b0c0d0e0f1080', 'hex'),
  aggregateHeader: Buffer.of(48 << 1, 1),
  fragmentHeader: (nalUnit) => Buffer.of(49 << 1, nalUnit[1]!, (nalUnit[0]! >> 1) & 0x3f),
  // H.265 has no reserved bit there: the type takes all six.
  reservedBit: 0,
};

const startCode = Buffer.of(0, 0, 0, 1);
const wrongType = 0x1f;
/** Of H.264. */
const nonIdrSlice = 1;
/** By which sets go before their picture when they have a time of their own. */
const setsBeforeTicks = -90;

/**
 * The payloads of one picture.
 *
 * @param maxBytes of a payload; at least 16
 */
export function packPicture(
  packing: 'h264' | 'h265',
  nalUnits: readonly Uint8Array[],
  faults: ReadonlySet<PackingFault>,
  maxBytes: number,
): PackedPayload[] {
  const codec = packing === 'h264' ? h264 : h265;
  const changed = changeNalUnits(codec, nalUnits, faults);
  const pieces = changed.flatMap(({ nalUnit, role }) => packNalUnit(codec, nalUnit, role, faults, maxBytes));
  const packed = faults.has('aggregate') ? aggregate(codec, pieces, faults, maxBytes) : pieces;
  return packed.map(({ payload, role, ends }, index) => ({
    payload,
    marker: isMarked(role, ends, index === packed.length - 1, faults),
    extraTicks: role === 'set' && faults.has('time-of-sets') ? setsBeforeTicks : 0,
  }));
}

interface Piece {
  readonly payload: Buffer;
  readonly role: Role;
  /** Whether a NAL unit ends with it. */
  readonly ends: boolean;
  readonly single: boolean;
}

function changeNalUnits(
  codec: Codec,
  nalUnits: readonly Uint8Array[],
  faults: ReadonlySet<PackingFault>,
): { readonly nalUnit: Uint8Array; readonly role: Role }[] {
  let parts = nalUnits.map((nalUnit) => ({ nalUnit, role: codec.role(nalUnit) }));
  if (faults.has('no-sets')) parts = parts.filter(({ role }) => role !== 'set');
  if (faults.has('no-sei')) parts = parts.filter(({ role }) => role !== 'sei');
  if (faults.has('sei')) {
    const slice = parts.findIndex(({ role }) => role === 'slice');
    parts.splice(slice, 0, { nalUnit: codec.sei, role: 'sei' });
  }
  if (faults.has('rubbish-behind-sps')) {
    parts = parts.map((part) =>
      codec.isSps(part.nalUnit)
        ? { ...part, nalUnit: join(part.nalUnit, Buffer.from('deadbeef', 'hex')) }
        : part,
    );
  }
  if (faults.has('mixed-slices')) {
    const last = parts.at(-1)!;
    const nalUnit = Buffer.from(last.nalUnit);
    nalUnit[0] = (nalUnit[0]! & 0xe0) | nonIdrSlice;
    parts[parts.length - 1] = { ...last, nalUnit };
  }
  if (faults.has('zeros'))
    parts = parts.map((part) => ({ ...part, nalUnit: join(part.nalUnit, Buffer.alloc(3)) }));
  if (faults.has('annex-b')) {
    const whole = parts.flatMap(({ nalUnit }, index) => (index === 0 ? [nalUnit] : [startCode, nalUnit]));
    return [{ nalUnit: join(...whole), role: 'mixed' }];
  }
  return parts;
}

function packNalUnit(
  codec: Codec,
  nalUnit: Uint8Array,
  role: Role,
  faults: ReadonlySet<PackingFault>,
  maxBytes: number,
): Piece[] {
  const whole = faults.has('fu-whole');
  if (nalUnit.length <= maxBytes && !whole) {
    const payload = faults.has('start-codes') ? join(startCode, nalUnit) : Buffer.from(nalUnit);
    return [{ payload, role, ends: true, single: true }];
  }
  const { headerBytes } = codec;
  const step = whole ? nalUnit.length : maxBytes - headerBytes - 1;
  const pieces: Piece[] = [];
  for (let from = headerBytes; from < nalUnit.length; from += step) {
    const to = Math.min(nalUnit.length, from + step);
    const [first, last] = [from === headerBytes, to === nalUnit.length];
    const header = codec.fragmentHeader(nalUnit);
    const at = header.length - 1;
    if (faults.has('fu-reserved')) header[at]! |= codec.reservedBit;
    if (faults.has('fu-type') && !first) header[at]! = (header[at]! & 0x20) | wrongType;
    if (first) header[at]! |= 0x80;
    else if (faults.has('fu-empty')) {
      pieces.push({ payload: Buffer.from(header), role, ends: false, single: false });
    }
    if (last && !faults.has('fu-no-end')) header[at]! |= 0x40;
    const payload = join(header, nalUnit.subarray(from, to));
    pieces.push({ payload, role, ends: last, single: false });
  }
  return pieces;
}

/** Neighbours that are small share a packet. */
function aggregate(
  codec: Codec,
  pieces: readonly Piece[],
  faults: ReadonlySet<PackingFault>,
  maxBytes: number,
): Piece[] {
  const packed: Piece[] = [];
  let together: Piece[] = [];
  const flush = () => {
    if (together.length === 1) packed.push(together[0]!);
    if (together.length > 1) {
      const parts = together.flatMap(({ payload }) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(payload.length);
        return [length, payload];
      });
      if (faults.has('aggregate-padding')) parts.push(Buffer.alloc(4));
      const payload = join(codec.aggregateHeader, ...parts);
      const { role } = together.at(-1)!;
      packed.push({ payload, role, ends: true, single: true });
    }
    together = [];
  };
  for (const piece of pieces) {
    const bytes = together.reduce((sum, { payload }) => sum + 2 + payload.length, 8 + piece.payload.length);
    if (!piece.single || bytes > maxBytes) flush();
    if (piece.single) together.push(piece);
    else packed.push(piece);
  }
  flush();
  return packed;
}

function isMarked(role: Role, ends: boolean, last: boolean, faults: ReadonlySet<PackingFault>): boolean {
  if (faults.has('no-marker')) return false;
  if (last) return true;
  if (!ends) return false;
  return (
    (role === 'set' && faults.has('marker-on-sets')) ||
    (role === 'sei' && faults.has('marker-on-sei')) ||
    (role === 'slice' && faults.has('marker-on-slices'))
  );
}

function join(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts);
}
