import * as z from 'zod';
import type { Lane } from '#contracts/lanes.ts';
import type { SlotAnswer, SlotState, Slots, Stopped } from '#core/ports/slots.ts';
import { makeMapItem } from './dynamo-map-item.ts';
import type { DynamoTable } from './dynamo-table.ts';

const slotsItem = z.object({
  held: z.record(z.string(), z.object({ by: z.string(), sinceMs: z.number() })),
  stopped: z.object({ by: z.string(), atMs: z.number() }).optional(),
});

/** The lane's slots and kill switch: one item, so that "is one free" and "are we stopped" are one condition. */
export function makeDynamoSlots(table: DynamoTable): Slots {
  const items = {
    fargate: makeMapItem(table, { pk: 'SLOTS', sk: 'SLOTS' }, { held: {} }),
    function: makeMapItem(table, { pk: 'SLOTS#function', sk: 'SLOTS' }, { held: {} }),
  } satisfies Record<Lane, unknown>;

  async function acquire(
    lane: Lane,
    key: string,
    by: string,
    nowMs: number,
    limit: number,
  ): Promise<SlotAnswer> {
    const isAcquired = await items[lane].update({
      UpdateExpression: 'SET held.#key = :slot',
      ConditionExpression:
        'size(held) < :limit AND attribute_not_exists(stopped) AND attribute_not_exists(held.#key)',
      ExpressionAttributeNames: { '#key': key },
      ExpressionAttributeValues: { ':slot': { by, sinceMs: nowMs }, ':limit': limit },
    });
    return isAcquired ? 'acquired' : whyNot(lane, key, by);
  }

  /** Also how a slot of our own is recognised whose first reply was lost. */
  async function whyNot(lane: Lane, key: string, by: string): Promise<SlotAnswer> {
    const { held, stopped } = slotsItem.parse(await items[lane].read());
    if (held[key]?.by === by) return 'acquired';
    if (stopped) return 'stopped';
    return held[key] ? 'taken' : 'full';
  }

  async function release(lane: Lane, key: string, by?: string): Promise<void> {
    await items[lane].update({
      UpdateExpression: 'REMOVE held.#key',
      ConditionExpression: by === undefined ? 'attribute_exists(held.#key)' : 'held.#key.#by = :by',
      ExpressionAttributeNames: by === undefined ? { '#key': key } : { '#key': key, '#by': 'by' },
      ...(by === undefined ? {} : { ExpressionAttributeValues: { ':by': by } }),
    });
  }

  async function read(lane: Lane): Promise<SlotState> {
    const found = await items[lane].read();
    if (!found) return { held: [], stopped: undefined };
    const { held, stopped } = slotsItem.parse(found);
    return { held: Object.entries(held).map(([key, slot]) => ({ key, ...slot })), stopped };
  }

  async function setStopped(lane: Lane, stopped: Stopped | undefined): Promise<void> {
    if (stopped) {
      await items[lane].update({
        UpdateExpression: 'SET stopped = if_not_exists(stopped, :stopped)',
        ExpressionAttributeValues: { ':stopped': stopped },
      });
    } else {
      await items[lane].update({ UpdateExpression: 'REMOVE stopped' });
    }
  }

  return { acquire, release, read, setStopped };
}
