import type { Rows } from '#core/ports/run-store.ts';

/** Rows in memory, under the same condition as in the table: nobody wrote in between. */
export function memoryRows<Row extends { version: number }, Key>(
  keyOf: (row: Row) => string,
  toKey: (key: Key) => string,
): Rows<Row, Key> & { all: Map<string, Row> } {
  const all = new Map<string, Row>();
  return {
    all,
    get: async (key) => structuredClone(all.get(toKey(key))),
    async create(row) {
      if (all.has(keyOf(row))) return false;
      all.set(keyOf(row), structuredClone(row));
      return true;
    },
    async replace(row) {
      if (all.get(keyOf(row))?.version !== row.version - 1) return false;
      all.set(keyOf(row), structuredClone(row));
      return true;
    },
  };
}
