/** The middle value; of an even number of them, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Nearest rank: the smallest value that at least `percent` % of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export interface Row {
  what: string;
  measured: string;
  target: string;
}

/** A plain table, as wide as its longest cells. */
export function printTable(rows: readonly Row[]): void {
  const head: Row = { what: 'what', measured: 'measured', target: 'to reach' };
  const width = (of: keyof Row) => Math.max(...[head, ...rows].map((row) => row[of].length));
  for (const row of [head, ...rows]) {
    console.log(
      `${row.what.padEnd(width('what'))}  ${row.measured.padEnd(width('measured'))}  ${row.target}`,
    );
  }
}
