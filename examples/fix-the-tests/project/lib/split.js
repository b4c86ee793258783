/**
 * Splits a total by weights. The shares add up to the total.
 *
 * @param {number} cents the total; negative for a refund
 * @param {readonly number[]} weights none below zero, not all zero
 * @returns {number[]} one share for each weight, in cents
 */
export function split(cents, weights) {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (!(sum > 0) || weights.some((weight) => weight < 0))
    throw new RangeError('weights must add up to more than 0');
  const exact = weights.map((weight) => (Math.abs(cents) * weight) / sum);
  const shares = exact.map(Math.floor);
  const spare = Math.abs(cents) - shares.reduce((total, share) => total + share, 0);
  const byLoss = exact
    .map((share, index) => ({ index, loss: share - Math.floor(share) }))
    .sort((a, b) => a.loss - b.loss || a.index - b.index);
  for (const { index } of byLoss.slice(0, spare)) shares[index] += 1;
  return cents < 0 ? shares.map((share) => -share) : shares;
}

/**
 * Splits a total into so many parts, none more than a cent larger than another.
 *
 * @param {number} cents
 * @param {number} parts
 * @returns {number[]}
 */
export function splitEvenly(cents, parts) {
  return split(
    cents,
    Array.from({ length: parts }, () => 1),
  );
}
