import { type Database, type DatabaseResponse, openDatabase } from './dynamo-database.ts';
import { type Item, type Json, makeCall, untilActive } from './dynamo-wire.ts';

/** A copy of the tables that trails behind them; index queries go to it. */
export interface LaggingIndexes {
  send(operation: string, body: string): Promise<DatabaseResponse>;
  /** Creates the table in the copy, with what the original holds by now. */
  copyTable(definition: Json): Promise<void>;
  /** Called after a write, before the next one: remembers the items as they are, to show them later. */
  record(keys: { TableName: string; Key: Item }[]): Promise<void>;
  close(): Promise<void>;
}

/** On AWS a global index answers from the past. Code that forgets it works on every laptop, so ours can forget too. */
export function startLaggingIndexes(origin: Database, lagMs: number): LaggingIndexes {
  const copy = openDatabase(undefined);
  const timers = new Set<NodeJS.Timeout>();
  let applied: Promise<unknown> = Promise.resolve();

  const show = (TableName: string, Key: Item, item: unknown) => {
    // One after the other: an older image must not overtake a newer one.
    applied = applied.then(() =>
      item === undefined
        ? copy.send('DeleteItem', JSON.stringify({ TableName, Key }))
        : copy.send('PutItem', JSON.stringify({ TableName, Item: item })),
    );
  };
  return {
    send: (operation, body) => copy.send(operation, body),
    copyTable: (definition) => copyTable(origin, copy, definition),
    record: async (keys) => {
      for (const { TableName, Key } of keys) {
        const { Item: item } = await makeCall(origin)('GetItem', { TableName, Key, ConsistentRead: true });
        const timer = setTimeout(() => {
          timers.delete(timer);
          show(TableName, Key, item);
        }, lagMs);
        timers.add(timer);
      }
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      await applied;
      await copy.close();
    },
  };
}

async function copyTable(origin: Database, copy: Database, definition: Json): Promise<void> {
  const { TableName } = definition;
  const existing = await copy.send('DescribeTable', JSON.stringify({ TableName }));
  if (existing.status === 200) return;
  await makeCall(copy)('CreateTable', definition);
  await untilActive(copy, TableName);
  let ExclusiveStartKey: unknown;
  do {
    const page = await makeCall(origin)('Scan', { TableName, ExclusiveStartKey });
    for (const item of page.Items as Item[]) await makeCall(copy)('PutItem', { TableName, Item: item });
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
}
