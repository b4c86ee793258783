import { type CycleRow, cycleRow } from '#contracts/cycle-row.ts';
import { gateRow } from '#contracts/gate.ts';
import { limits, type Timings } from '#contracts/limits.ts';
import { recoveryRow } from '#contracts/recovery.ts';
import { runRow } from '#contracts/run-row.ts';
import type { CycleKey, DueRunItem, RunStore } from '#core/ports/run-store.ts';
import {
  gateIndexes,
  gateShard,
  recoveryIndexes,
  recoveryShard,
  runIndexes,
  runShard,
} from '#core/runs/run-indexes.ts';
import { type DueKey, readDueKeys } from './dynamo-due.ts';
import { readKeys } from './dynamo-listed.ts';
import { bare, makeRows } from './dynamo-rows.ts';
import { makeDynamoRunEvents } from './dynamo-run-events.ts';
import { type DynamoTable, type ItemKey, idOf, padded, queryPages } from './dynamo-table.ts';

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
    events: makeDynamoRunEvents(table),
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
