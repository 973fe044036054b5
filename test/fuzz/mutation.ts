import type { FuzzTarget } from './fuzz_target.ts';

/** Numbers from 0 up to 1. */
export type Random = () => number;

/** No input is made longer: parsers of lines and boxes meet their own bounds far below. */
const maxInputBytes = 1 << 17;
const maxSteps = 8;
const boundaries = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** An input made of the target's seeds by one to eight changes; equal numbers give equal inputs. */
export function mutated(target: FuzzTarget, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(pick(target.seeds, random));
  // More often few: what is changed all over is refused at the first look.
  const steps = 1 + Math.floor(maxSteps * random() ** 2);
  for (let step = 0; step < steps; step++) {
    const change = pick(changes, random);
    bytes = change(bytes, random, target);
  }
  return bytes.subarray(0, maxInputBytes);
}

type Change = (bytes: Buffer, random: Random, target: FuzzTarget) => Buffer;

const flipBit: Change = (bytes, random) => {
  const at = below(bytes.length, random);
  if (bytes.length > 0) bytes[at]! ^= 1 << below(8, random);
  return bytes;
};

const setByte: Change = (bytes, random) => {
  if (bytes.length > 0) bytes[below(bytes.length, random)] = below(256, random);
  return bytes;
};

/** Lengths and counts are numbers of 8, 16 or 32 bits somewhere. */
const setNumber: Change = (bytes, random) => {
  const width = pick([1, 2, 4], random);
  if (bytes.length < width) return bytes;
  const value = pick(boundaries, random) % 2 ** (8 * width);
  const nudge = below(5, random) - 2;
  const wrapped = (((value + nudge) % 2 ** (8 * width)) + 2 ** (8 * width)) % 2 ** (8 * width);
  bytes.writeUIntBE(wrapped, below(bytes.length - width + 1, random), width);
  return bytes;
};

const remove: Change = (bytes, random) => {
  const { start, end } = span(bytes, random);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
};

const repeat: Change = (bytes, random) => {
  const { start, end } = span(bytes, random);
  const times = 1 + below(4, random);
  return Buffer.concat([
    bytes.subarray(0, end),
    ...Array.from({ length: times }, () => bytes.subarray(start, end)),
    bytes.subarray(end),
  ]);
};

const move: Change = (bytes, random) => {
  const { start, end } = span(bytes, random);
  const rest = Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  const to = below(rest.length + 1, random);
  return Buffer.concat([rest.subarray(0, to), bytes.subarray(start, end), rest.subarray(to)]);
};

const cut: Change = (bytes, random) => bytes.subarray(0, below(bytes.length + 1, random));

const insertNoise: Change = (bytes, random) => {
  const noise = Buffer.from(Array.from({ length: 1 + below(16, random) }, () => below(256, random)));
  return insert(bytes, noise, random);
};

const insertToken: Change = (bytes, random, { tokens }) =>
  tokens.length === 0 ? bytes : insert(bytes, pick(tokens, random), random);

const overwriteWithToken: Change = (bytes, random, { tokens }) => {
  if (tokens.length === 0) return bytes;
  const token = pick(tokens, random);
  const at = below(bytes.length + 1, random);
  return Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at + token.length)]);
};

/** The beginning of one input and the end of another. */
const splice: Change = (bytes, random, { seeds }) => {
  const other = pick(seeds, random);
  return Buffer.concat([
    bytes.subarray(0, below(bytes.length + 1, random)),
    other.subarray(below(other.length + 1, random)),
  ]);
};

const changes: readonly Change[] = [
  flipBit,
  flipBit,
  setByte,
  setNumber,
  setNumber,
  remove,
  repeat,
  move,
  cut,
  insertNoise,
  insertToken,
  overwriteWithToken,
  splice,
];

function insert(bytes: Buffer, added: Uint8Array, random: Random): Buffer {
  const at = below(bytes.length + 1, random);
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
}

/** A stretch, more often a short one. */
function span(bytes: Buffer, random: Random): { start: number; end: number } {
  const start = below(bytes.length + 1, random);
  const length = Math.floor((bytes.length - start) * random() ** 3);
  return { start, end: start + length };
}

const below = (limit: number, random: Random): number => Math.floor(random() * limit);
const pick = <Item>(items: readonly Item[], random: Random): Item => items[below(items.length, random)]!;
