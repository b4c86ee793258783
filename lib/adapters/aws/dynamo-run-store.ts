import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type CycleRow, cycleRow } from '#contracts/cycle-row.ts';
import { gateRow } from '#contracts/gate.ts';
import { limits, type Timings } from '#contracts/limits.ts';
import { recoveryRow } from '#contracts/recovery.ts';
import { numberedRunEvent, runEvent } from '#contracts/run-events.ts';
import { runRow } from '#contracts/run-row.ts';
import type { ListedKey, ListQuery } from '#core/ports/job-store.ts';
import type { CycleKey, DueRunItem, Rows, RunStore } from '#core/ports/run-store.ts';
import {
  gateIndexes,
  gateShard,
  recoveryIndexes,
  recoveryShard,
  runIndexes,
  runShard,
} from '#core/runs/run-indexes.ts';
import { type DueKey, readDueKeys } from './dynamo-due.ts';
import { applied } from './dynamo-errors.ts';
import type { DynamoTable } from './dynamo-job-store.ts';
import { queryPages } from './dynamo-records.ts';

type Item = Record<string, unknown>;
type ItemKey = { pk: string; sk: string };

function runKey(id: string): ItemKey {
  return { pk: `RUN#${id}`, sk: 'RUN' };
}

function gateKey(id: string): ItemKey {
  return { pk: `GATE#${id}`, sk: 'GATE' };
}

function recoveryKey(id: string): ItemKey {
  return { pk: `RECOVERY#${id}`, sk: 'RECOVERY' };
}

function cycleKey({ run, cycle }: { run: string; cycle: number }): ItemKey {
  return { pk: `RUN#${run}`, sk: `CYCLE#${padded(cycle)}` };
}

function padded(number: number): string {
  return String(number).padStart(8, '0');
}

/** The row without what only the table needs. */
function bare(item: Item): Item {
  const {
    pk: _pk,
    sk: _sk,
    dueShard: _ds,
    dueAtMs: _da,
    listShard: _ls,
    listKey: _lk,
    expiresAt: _e,
    ...row
  } = item;
  return row;
}

/** Rows of one kind; parsed at every read, so that a row of another version is refused, not guessed at. */
export function makeRows<Row extends { version: number }, Key>(
  { client, tableName: TableName }: DynamoTable,
  kind: {
    keyOf: (key: Key) => ItemKey;
    keyOfRow: (row: Row) => ItemKey;
    parse: (item: Item) => Row;
    indexes: (row: Row) => object;
  },
): Rows<Row, Key> {
  const toItem = (row: Row) => ({ ...row, ...kind.indexes(row), ...kind.keyOfRow(row) });
  return {
    async get(key) {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: kind.keyOf(key), ConsistentRead: true }),
      );
      return Item ? kind.parse(bare(Item)) : undefined;
    },
    create: (row) =>
      applied(
        client.send(
          new PutCommand({ TableName, Item: toItem(row), ConditionExpression: 'attribute_not_exists(pk)' }),
        ),
      ),
    replace: (row) =>
      applied(
        client.send(
          new PutCommand({
            TableName,
            Item: toItem(row),
            ConditionExpression: '#version = :read',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':read': row.version - 1 },
          }),
        ),
      ),
  };
}

/** Runs, cycles and gates in the table. Source of the index layout: `#core/runs/run-indexes.ts`. */
export function makeDynamoRunStore(table: DynamoTable, timings: Timings): RunStore {
  const cycles = makeRows<CycleRow, CycleKey>(table, {
    keyOf: cycleKey,
    keyOfRow: cycleKey,
    parse: (item) => cycleRow.parse(item),
    indexes: () => ({}),
  });
  return {
    runs: makeRows(table, {
      keyOf: runKey,
      keyOfRow: ({ id }) => runKey(id),
      parse: (item) => runRow.parse(item),
      indexes: (row) => runIndexes(row, timings),
    }),
    cycles: { ...cycles, ofRun: (run) => readCycles(table, run) },
    gates: makeRows(table, {
      keyOf: gateKey,
      keyOfRow: ({ id }) => gateKey(id),
      parse: (item) => gateRow.parse(item),
      indexes: (row) => gateIndexes(row, timings),
    }),
    recoveries: makeRows(table, {
      keyOf: recoveryKey,
      keyOfRow: ({ id }) => recoveryKey(id),
      parse: (item) => recoveryRow.parse(item),
      indexes: (row) => recoveryIndexes(row, timings),
    }),
    listedRuns: (query) => readKeys(table, runShard(query.project), query),
    listedGates: (query) => readKeys(table, gateShard(query.project, query.pendingOnly), query),
    watched: () => readKeys(table, recoveryShard, { limit: limits.recoveriesListed }),
    events: makeRunEvents(table),
    due: (nowMs, limit) => readDue(table, nowMs, limit),
  };
}

async function readCycles(table: DynamoTable, run: string) {
  const rows = [];
  const pages = queryPages(table, {
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :cycle)',
    ExpressionAttributeValues: { ':pk': `RUN#${run}`, ':cycle': 'CYCLE#' },
  });
  for await (const item of pages) rows.push(cycleRow.parse(bare(item)));
  return rows;
}

export async function readKeys(
  { client, tableName: TableName }: DynamoTable,
  shard: string,
  { beforeKey, limit }: Omit<ListQuery, 'project'>,
): Promise<ListedKey[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: 'listed',
      KeyConditionExpression:
        beforeKey === undefined ? 'listShard = :shard' : 'listShard = :shard AND listKey < :before',
      ExpressionAttributeValues: {
        ':shard': shard,
        ...(beforeKey === undefined ? {} : { ':before': beforeKey }),
      },
      ScanIndexForward: false,
      Limit: limit,
    }),
  );
  return Items.map(({ pk, listKey }) => ({ id: idOf(String(pk)), key: String(listKey) }));
}

function idOf(pk: string): string {
  return pk.slice(pk.indexOf('#') + 1);
}

/** Each kind is known by its key. Jobs are read by their own store. */
async function readDue(table: DynamoTable, nowMs: number, limit: number): Promise<DueRunItem[]> {
  const isAsked = ({ pk, sk }: DueKey) => toDue(pk, sk).length > 0;
  const keys = await readDueKeys(table, { nowMs, limit, isAsked });
  return keys.flatMap(({ pk, sk }) => toDue(pk, sk));
}

const dueKinds = {
  RUN: 'run',
  GATE: 'gate',
  RECOVERY: 'recovery',
  WEBHOOK: 'webhook',
  SCHEDULE: 'schedule',
  PROJECT: 'month',
} as const;

function toDue(pk: string, sk: string): DueRunItem[] {
  const kind = dueKinds[pk.slice(0, pk.indexOf('#')) as keyof typeof dueKinds];
  if (kind === 'month') return [{ kind, id: `${idOf(pk)}#${idOf(sk)}` }];
  return kind ? [{ kind, id: idOf(pk) }] : [];
}

/** More than there are steps of a run that could speak at once. */
const rounds = 40;

function makeRunEvents(table: DynamoTable): RunStore['events'] {
  const { client, tableName: TableName } = table;
  const eventSk = (seq: number) => `EVENT#${padded(seq)}`;

  async function lastSeq(pk: string): Promise<number> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
        ExpressionAttributeValues: { ':pk': pk, ':event': 'EVENT#' },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: 1,
      }),
    );
    return Number(Items[0]?.seq ?? 0);
  }

  return {
    async say(run, event) {
      const pk = `RUN#${run}`;
      let seq = (await lastSeq(pk)) + 1;
      for (let round = 0; round < rounds; round++, seq++) {
        const expiresAt = Math.floor(event.atMs / 1000) + limits.runRetentionDays * 86_400;
        const Item = { pk, sk: eventSk(seq), seq, ...runEvent.parse(event), expiresAt };
        const put = new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' });
        if (await applied(client.send(put))) return seq;
      }
      throw new Error(`no number was free for an event of ${run}`);
    },
    async read(run, after, limit) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': `RUN#${run}`,
            ':from': eventSk(after + 1),
            ':to': 'EVENT#~',
          },
          ConsistentRead: true,
          Limit: limit,
        }),
      );
      return Items.map((item) => numberedRunEvent.parse(bare(item)));
    },
  };
}
