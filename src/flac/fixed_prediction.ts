/**
 * Fixed predictors (RFC 9639 section 9.2.5): a sample is foretold by the polynomial through those before it, so that what is
 * left to say is their difference of the order.
 */

export const maxOrder = 4;

/**
 * The order of prediction that leaves the least, by the sum of absolute differences.
 *
 * @param samples of one channel
 */
export function bestOrder(samples: Int32Array): number {
  const sums = new Float64Array(maxOrder + 1);
  let [last0, last1, last2, last3] = [0, 0, 0, 0];
  for (let index = 0; index < samples.length; index++) {
    const d0 = samples[index]!;
    const d1 = d0 - last0;
    const d2 = d1 - last1;
    const d3 = d2 - last2;
    const d4 = d3 - last3;
    // The first samples are said as they are, whatever the order.
    if (index >= maxOrder) {
      sums[0]! += Math.abs(d0);
      sums[1]! += Math.abs(d1);
      sums[2]! += Math.abs(d2);
      sums[3]! += Math.abs(d3);
      sums[4]! += Math.abs(d4);
    }
    [last0, last1, last2, last3] = [d0, d1, d2, d3];
  }
  if (samples.length <= maxOrder) return 0;
  return sums.indexOf(Math.min(...sums));
}

/** What prediction of this order leaves of the samples behind the first `order` ones. */
export function residual(samples: Int32Array, order: number): Int32Array {
  let differences = samples;
  for (let step = 0; step < order; step++) {
    const before = differences;
    differences = new Int32Array(before.length - 1);
    for (let index = 0; index < differences.length; index++)
      differences[index] = before[index + 1]! - before[index]!;
  }
  return differences;
}
