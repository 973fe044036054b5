/**
 * Rice codes of a residual, RFC 9639 section 9.2.7: the samples fall into 2^order partitions of equal length, each with
 * the parameter that suits it.
 */
import type { BitSink } from './bit_sink.ts';

/** Four bits, of which 15 is an escape. */
const maxParameter = 14;
const maxPartitionOrder = 8;
/** Shorter partitions cost more than they spare. */
const leastPartitionSamples = 16;

export interface RicePlan {
  readonly partitionOrder: number;
  /** One for each partition. */
  readonly parameters: readonly number[];
  /** At most: the sizes of single codes are not added up. */
  readonly bits: number;
}

/**
 * @param residual behind the first `order` samples
 * @param order of prediction: so much is missing from the first partition
 */
export function planRice(residual: Int32Array, order: number): RicePlan {
  const length = residual.length + order;
  let finest = 0;
  while (
    finest < maxPartitionOrder &&
    length % (2 << finest) === 0 &&
    length >> (finest + 1) >= leastPartitionSamples
  )
    finest++;
  let sums = partitionSums(residual, order, finest);
  let best = planOf(sums, length, order);
  while (sums.length > 1) {
    sums = Array.from({ length: sums.length / 2 }, (_, index) => sums[2 * index]! + sums[2 * index + 1]!);
    const plan = planOf(sums, length, order);
    if (plan.bits <= best.bits) best = plan;
  }
  return best;
}

export function writeRice(sink: BitSink, residual: Int32Array, order: number, plan: RicePlan): void {
  const { partitionOrder, parameters } = plan;
  const partition = (residual.length + order) >> partitionOrder;
  sink.put(0, 2);
  sink.put(partitionOrder, 4);
  let at = 0;
  for (const [index, parameter] of parameters.entries()) {
    sink.put(parameter, 4);
    const low = (1 << parameter) - 1;
    for (const end = (index + 1) * partition - order; at < end; at++) {
      const value = folded(residual[at]!);
      const zeros = value >>> parameter;
      // Nearly all codes are short enough to be put at once.
      if (zeros + parameter < 24) sink.put((1 << parameter) | (value & low), zeros + 1 + parameter);
      else {
        sink.unary(zeros);
        sink.put(value & low, parameter);
      }
    }
  }
}

/** Small numbers for what is near 0, on either side. */
const folded = (value: number): number => (value << 1) ^ (value >> 31);

function partitionSums(residual: Int32Array, order: number, partitionOrder: number): number[] {
  const partition = (residual.length + order) >> partitionOrder;
  const sums: number[] = [];
  let at = 0;
  for (
    let end = partition - order;
    end <= residual.length && sums.length < 1 << partitionOrder;
    end += partition
  ) {
    let sum = 0;
    for (; at < end; at++) sum += folded(residual[at]!);
    sums.push(sum);
  }
  return sums;
}

/** @param sums of the folded values of each partition */
function planOf(sums: readonly number[], length: number, order: number): RicePlan {
  const partition = length / sums.length;
  let bits = 6;
  const parameters = sums.map((sum, index) => {
    const count = partition - (index === 0 ? order : 0);
    const parameter = bestParameter(sum, count);
    bits += 4 + codeBits(sum, count, parameter);
    return parameter;
  });
  return { partitionOrder: Math.log2(sums.length), parameters, bits };
}

function bestParameter(sum: number, count: number): number {
  // The best one is this or a little more.
  let best = Math.min(maxParameter, Math.max(0, Math.floor(Math.log2(sum / (2 * count + 1)))));
  while (best < maxParameter && codeBits(sum, count, best + 1) < codeBits(sum, count, best)) best++;
  return best;
}

/** Not less than what the codes take. */
const codeBits = (sum: number, count: number, parameter: number): number =>
  count * (parameter + 1) + Math.floor(sum / 2 ** parameter);
