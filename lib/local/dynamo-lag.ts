import { Database, type Item, type Json } from './dynamo-database.ts';

/** A copy of the tables that trails behind them; index queries go to it. */
export interface LaggingIndexes {
  copy: Database;
  /** Creates the table in the copy, with what the original holds by now. */
  copyTable(definition: Json): Promise<void>;
  /** Called after a write: remembers the item as it is, to show it later. */
  record(TableName: string, Key: Item): Promise<void>;
  close(): Promise<void>;
}

/** On AWS a global index answers from the past. Code that forgets it works on every laptop, so ours can forget too. */
export async function startLaggingIndexes(origin: Database, lagMs: number): Promise<LaggingIndexes> {
  const copy = await Database.open();
  const timers = new Set<NodeJS.Timeout>();
  // One after the other: an older image must not overtake a newer one.
  let recorded: Promise<unknown> = Promise.resolve();
  let shown: Promise<unknown> = Promise.resolve();

  async function recordNow(TableName: string, Key: Item): Promise<void> {
    const { Item } = await origin.call('GetItem', { TableName, Key, ConsistentRead: true });
    const timer = setTimeout(() => {
      timers.delete(timer);
      shown = shown.then(() =>
        Item ? copy.call('PutItem', { TableName, Item }) : copy.call('DeleteItem', { TableName, Key }),
      );
    }, lagMs);
    timers.add(timer);
  }

  return {
    copy,
    async copyTable(definition) {
      const TableName = String(definition.TableName);
      if (await copy.describe(TableName)) return;
      await copy.createTable(definition);
      for await (const Item of origin.scan({ TableName })) await copy.call('PutItem', { TableName, Item });
    },
    record(TableName, Key) {
      const turn = recorded.then(() => recordNow(TableName, Key));
      recorded = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      await shown;
      await copy.close();
    },
  };
}
