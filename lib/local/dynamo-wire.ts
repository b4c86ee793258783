import type { Database } from './dynamo-database.ts';

export type Json = Record<string, unknown>;
/** Attribute values as the wire has them: `{"id": {"S": "job-1"}}`. */
export type Item = Record<string, unknown>;

export function asRecord(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new Error(`Expected an object, not ${JSON.stringify(value)}`);
}

export function pickKey(item: Item, names: string[]): Item {
  return Object.fromEntries(names.map((name) => [name, item[name]]));
}

/** A call that the shim makes itself, and that must not fail. */
export function makeCall(database: Database): (operation: string, input: Json) => Promise<Json> {
  return async (operation, input) => {
    const response = await database.send(operation, JSON.stringify(input));
    const output = asRecord(JSON.parse(response.body));
    if (response.status === 200) return output;
    throw new Error(`${operation} failed: ${output.message ?? output.Message ?? response.body}`);
  };
}

const ACTIVE_WITHIN_MS = 5000;

/** dynalite opens a new table on a later tick, even when told to take no time. */
export async function untilActive(database: Database, TableName: unknown): Promise<void> {
  const until = Date.now() + ACTIVE_WITHIN_MS;
  for (;;) {
    const described = await makeCall(database)('DescribeTable', { TableName });
    const status = asRecord(described.Table).TableStatus;
    if (status === 'ACTIVE') return;
    if (Date.now() > until) throw new Error(`Table ${TableName} stays ${status}: remove the data folder`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
