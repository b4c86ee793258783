const pattern = /^-?\d+(\.\d{1,2})?$/;

/**
 * Reads an amount as people write it: `12`, `12.5`, `-0.75`.
 *
 * @param {string} text
 * @returns {number} cents
 */
export function parseAmount(text) {
  if (!pattern.test(text)) throw new TypeError(`not an amount: ${JSON.stringify(text)}`);
  const [units, fraction = ''] = text.split('.');
  const cents = Number(fraction.padEnd(2, '0'));
  return Number(units) < 0 ? Number(units) * 100 - cents : Number(units) * 100 + cents;
}

/**
 * Writes an amount with two decimals.
 *
 * @param {number} cents
 * @returns {string}
 */
export function formatAmount(cents) {
  const sign = cents < 0 ? '-' : '';
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
