import * as z from 'zod';
import type { SlotAnswer, SlotState, Slots, Stopped } from '#core/ports/slots.ts';
import type { DynamoTable } from './dynamo-job-store.ts';
import { makeMapItem } from './dynamo-map-item.ts';

const slotsItem = z.object({
  held: z.record(z.string(), z.object({ by: z.string(), sinceMs: z.number() })),
  stopped: z.object({ by: z.string(), atMs: z.number() }).optional(),
});

/** Slots and kill switch: one item, so that "is one free" and "are we stopped" are one condition. */
export function makeDynamoSlots(table: DynamoTable): Slots {
  const item = makeMapItem(table, { pk: 'SLOTS', sk: 'SLOTS' }, { held: {} });

  async function acquire(key: string, by: string, nowMs: number, limit: number): Promise<SlotAnswer> {
    const isAcquired = await item.update({
      UpdateExpression: 'SET held.#key = :slot',
      ConditionExpression:
        'size(held) < :limit AND attribute_not_exists(stopped) AND attribute_not_exists(held.#key)',
      ExpressionAttributeNames: { '#key': key },
      ExpressionAttributeValues: { ':slot': { by, sinceMs: nowMs }, ':limit': limit },
    });
    return isAcquired ? 'acquired' : whyNot(key, by);
  }

  /** Also how a slot of our own is recognised whose first reply was lost. */
  async function whyNot(key: string, by: string): Promise<SlotAnswer> {
    const { held, stopped } = slotsItem.parse(await item.read());
    if (held[key]?.by === by) return 'acquired';
    if (stopped) return 'stopped';
    return held[key] ? 'taken' : 'full';
  }

  async function release(key: string, by?: string): Promise<void> {
    await item.update({
      UpdateExpression: 'REMOVE held.#key',
      ConditionExpression: by === undefined ? 'attribute_exists(held.#key)' : 'held.#key.#by = :by',
      ExpressionAttributeNames: by === undefined ? { '#key': key } : { '#key': key, '#by': 'by' },
      ...(by === undefined ? {} : { ExpressionAttributeValues: { ':by': by } }),
    });
  }

  async function read(): Promise<SlotState> {
    const found = await item.read();
    if (!found) return { held: [], stopped: undefined };
    const { held, stopped } = slotsItem.parse(found);
    return { held: Object.entries(held).map(([key, slot]) => ({ key, ...slot })), stopped };
  }

  async function setStopped(stopped: Stopped | undefined): Promise<void> {
    if (stopped) {
      await item.update({
        UpdateExpression: 'SET stopped = if_not_exists(stopped, :stopped)',
        ExpressionAttributeValues: { ':stopped': stopped },
      });
    } else {
      await item.update({ UpdateExpression: 'REMOVE stopped' });
    }
  }

  return { acquire, release, read, setStopped };
}
