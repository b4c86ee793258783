import { limits } from '#contracts/limits.ts';
import { scheduleRow } from '#contracts/schedule.ts';
import type { ScheduleStore } from '#core/ports/schedules.ts';
import { scheduleIndexes, scheduleShards } from '#core/schedules/schedule-indexes.ts';
import { readKeys } from './dynamo-listed.ts';
import { makeRows } from './dynamo-rows.ts';
import type { DynamoTable } from './dynamo-table.ts';

function scheduleKey(id: string) {
  return { pk: `SCHEDULE#${id}`, sk: 'SCHEDULE' };
}

/** Schedules in the table. Source of the index layout: `#core/schedules/schedule-indexes.ts`. */
export function makeDynamoSchedules(table: DynamoTable): ScheduleStore {
  // All keys fit one answer of DynamoDB; a few more than there may be can come to be at the same moment.
  const listed = (shard: string) => readKeys(table, shard, { limit: 2 * limits.schedules });
  return {
    ...makeRows(table, {
      keyOf: scheduleKey,
      keyOfRow: ({ id }) => scheduleKey(id),
      parse: (item) => scheduleRow.parse(item),
      indexes: scheduleIndexes,
    }),
    listed: async () => [...(await listed(scheduleShards.clock)), ...(await listed(scheduleShards.alarm))],
    onAlarms: () => listed(scheduleShards.alarm),
  };
}
