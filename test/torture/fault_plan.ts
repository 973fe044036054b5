/** What goes wrong in one connection of a torture run: drawn from a seed, so that it can be repeated. */

/** Of what is sent meanwhile, by picture numbers from `atPicture` on. */
export type Fault =
  /** Bytes without meaning between two pictures, over TCP. */
  | { readonly kind: 'garbage'; readonly atPicture: number; readonly bytes: number }
  /** Packets left out. */
  | { readonly kind: 'loss'; readonly atPicture: number; readonly pictures: number; readonly share: number }
  /** Packets of a picture change places, or come twice; over UDP. */
  | {
      readonly kind: 'reorder';
      readonly atPicture: number;
      readonly pictures: number;
      readonly share: number;
    }
  | {
      readonly kind: 'duplicate';
      readonly atPicture: number;
      readonly pictures: number;
      readonly share: number;
    }
  /** Nothing is sent for a while; what fell due comes late and at once, or never. */
  | { readonly kind: 'stall'; readonly atPicture: number; readonly pictures: number; readonly lose: boolean }
  | { readonly kind: 'sequence jump'; readonly atPicture: number; readonly by: number }
  | { readonly kind: 'time stamp jump'; readonly atPicture: number; readonly seconds: number }
  | { readonly kind: 'SSRC change'; readonly atPicture: number }
  | { readonly kind: 'parameter change'; readonly atPicture: number };

/** How a connection ends: in order, with a reset, in the middle of a packet, with a goodbye, or with silence. */
export const endings = ['close', 'reset', 'cut', 'goodbye', 'silence'] as const;
export type Ending = (typeof endings)[number];

export interface ConnectionPlan {
  readonly pictures: number;
  readonly gop: number;
  /** Slices of a picture, and bytes of each at most. */
  readonly slices: number;
  readonly sliceBytes: number;
  readonly maxPayloadBytes: number;
  readonly firstSequenceNumber: number;
  readonly firstRtpTimestamp: number;
  readonly faults: readonly Fault[];
  readonly ending: Ending;
}

/** Uniform in [0, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number in [least, most]. */
export const between = (random: () => number, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

const choose = <Item>(random: () => number, items: readonly Item[]): Item =>
  items[between(random, 0, items.length - 1)]!;

/** @param options.quick without endings that take the recorder ten seconds to notice, and without long stalls */
export function connectionPlan(
  seed: number,
  options: { readonly transport: 'tcp' | 'udp'; readonly quick: boolean },
): ConnectionPlan {
  const random = uniform(seed);
  const { transport, quick } = options;
  const pictures = quick ? between(random, 30, 50) : between(random, 50, 150);
  const faults = Array.from({ length: between(random, 0, 3) }, () => {
    return fault(random, { transport, quick, pictures });
  });
  const possible = endings.filter((ending) => {
    if (ending === 'silence') return !quick && random() < 0.3;
    return ending !== 'cut' || transport === 'tcp';
  });
  return {
    pictures,
    gop: between(random, 8, 30),
    slices: between(random, 1, 3),
    sliceBytes: between(random, 60, 3_000),
    maxPayloadBytes: between(random, 300, 1_400),
    // A third of the connections wrap in their first second or two.
    firstSequenceNumber: random() < 0.3 ? 0xffff - between(random, 0, 60) : between(random, 0, 0xffff),
    firstRtpTimestamp:
      random() < 0.3 ? 2 ** 32 - between(random, 0, 180_000) : between(random, 0, 2 ** 32 - 1),
    faults,
    ending: choose(random, possible),
  };
}

function fault(
  random: () => number,
  { transport, quick, pictures }: { transport: 'tcp' | 'udp'; quick: boolean; pictures: number },
): Fault {
  const atPicture = between(random, 3, pictures - 5);
  const many = between(random, 5, 40);
  const kinds = [
    'loss',
    'stall',
    'sequence jump',
    'time stamp jump',
    'SSRC change',
    'parameter change',
    ...(transport === 'udp' ? (['loss', 'reorder', 'duplicate'] as const) : (['garbage'] as const)),
  ] as const;
  const kind = choose(random, kinds);
  switch (kind) {
    case 'garbage':
      return { kind, atPicture, bytes: between(random, 1, 3_000) };
    case 'loss':
      return { kind, atPicture, pictures: many, share: random() * 0.2 };
    case 'reorder':
    case 'duplicate':
      return { kind, atPicture, pictures: many, share: random() * 0.3 };
    case 'stall':
      return { kind, atPicture, pictures: between(random, 5, quick ? 20 : 120), lose: random() < 0.5 };
    case 'sequence jump':
      return { kind, atPicture, by: between(random, 4_000, 40_000) };
    case 'time stamp jump':
      return { kind, atPicture, seconds: choose(random, [-7_200, -30, 30, 600, 40_000]) };
    case 'SSRC change':
    case 'parameter change':
      return { kind, atPicture };
  }
}
