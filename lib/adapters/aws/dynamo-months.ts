import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import { dueShardOf } from '#core/jobs/indexes.ts';
import type { GrantReply, GrantRequest, GrantReturn, Months, MonthView } from '#core/ports/months.ts';
import { type MapItemUpdate, makeMapItem } from './dynamo-map-item.ts';
import type { DynamoTable } from './dynamo-table.ts';

const monthItem = z.object({
  committedMicroUsd: z.number(),
  warnedAtMs: z.number().optional(),
  dueAtMs: z.number().optional(),
  grants: z.record(
    z.string(),
    /** The latest grant, which a repeated request is answered with, and the sum of all. */
    z.object({ number: z.number(), microUsd: z.number(), totalMicroUsd: z.number() }),
  ),
});

/** More than there are callers who could meet on one job's note. */
const rounds = 5;

/** What each project has committed in a month; a job's entry lives as long as the job may ask for more. */
export function makeDynamoMonths(table: DynamoTable): Months {
  const monthOf = (project: string, month: string) =>
    makeMapItem(
      table,
      { pk: `PROJECT#${project}`, sk: `MONTH#${month}` },
      { committedMicroUsd: 0, grants: {} },
    );

  async function grant(request: GrantRequest): Promise<GrantReply> {
    const { jobId, number, microUsd, capMicroUsd } = request;
    const item = monthOf(request.project, request.month);
    const isFirst = number === 1;
    const written = await item.updated(
      isFirst ? firstGrant(jobId, microUsd, capMicroUsd) : nextGrant(jobId, number, microUsd, capMicroUsd),
    );
    if (written) {
      await warn(request, Number(written.committedMicroUsd));
      return { granted: true, microUsd };
    }
    const month = monthItem.parse(await item.read());
    // Also by a repeated request: whoever noted the grant may have died before this.
    await warn(request, month.committedMicroUsd);
    const noted = month.grants[jobId];
    if (noted?.number === number) return { granted: true, microUsd: noted.microUsd };
    if (noted && noted.number > number) return { granted: true, microUsd: 0, ahead: aheadOf(noted) };
    return { granted: false, committedMicroUsd: month.committedMicroUsd };
  }

  /** Into the row once, and with it into the index of what the reconciler has to look at: it tells people. */
  async function warn({ project, month, warning }: GrantRequest, committedMicroUsd: number): Promise<void> {
    if (!warning || committedMicroUsd < warning.fromMicroUsd) return;
    await monthOf(project, month).update({
      UpdateExpression: 'SET warnedAtMs = :now, dueAtMs = :now, dueShard = :shard',
      ConditionExpression: 'attribute_not_exists(warnedAtMs)',
      ExpressionAttributeValues: { ':now': warning.nowMs, ':shard': dueShardOf(project) },
    });
  }

  function claimTelling(project: string, month: string, tellAtMs: number, untilMs: number): Promise<boolean> {
    return monthOf(project, month).update({
      UpdateExpression: 'SET dueAtMs = :until',
      ConditionExpression: 'dueAtMs = :before',
      ExpressionAttributeValues: { ':until': untilMs, ':before': tellAtMs },
    });
  }

  async function warned(project: string, month: string): Promise<void> {
    await monthOf(project, month).update({ UpdateExpression: 'REMOVE dueAtMs, dueShard' });
  }

  async function read(project: string, month: string): Promise<MonthView | undefined> {
    const found = await monthOf(project, month).read();
    if (!found) return undefined;
    const { committedMicroUsd, warnedAtMs, dueAtMs: tellAtMs } = monthItem.parse(found);
    return { committedMicroUsd, warnedAtMs, tellAtMs };
  }

  /** DynamoDB does one sum in an expression, so the note is read first and must still be the same. */
  async function giveBack({ project, month, jobId, keptMicroUsd }: GrantReturn): Promise<void> {
    const item = monthOf(project, month);
    for (let round = 0; round < rounds; round++) {
      const found = await item.read();
      const note = found && monthItem.parse(found).grants[jobId];
      if (!note) return;
      const amount = Math.max(0, note.totalMicroUsd - keptMicroUsd);
      if (await item.update(returnOf(jobId, note.number, amount))) return;
    }
    throw new AppError('busy', `the grants of job ${jobId} are being changed; nothing was given back`);
  }

  return { grant, read, claimTelling, warned, giveBack };
}

function aheadOf({ number, totalMicroUsd }: { number: number; totalMicroUsd: number }) {
  return { number, totalMicroUsd };
}

function firstGrant(jobId: string, microUsd: number, capMicroUsd: number): MapItemUpdate {
  return {
    UpdateExpression: 'SET grants.#job = :grant, committedMicroUsd = committedMicroUsd + :amount',
    ConditionExpression: 'committedMicroUsd <= :room AND attribute_not_exists(grants.#job)',
    ExpressionAttributeNames: { '#job': jobId },
    ExpressionAttributeValues: {
      ':grant': { number: 1, microUsd, totalMicroUsd: microUsd },
      ':amount': microUsd,
      ':room': capMicroUsd - microUsd,
    },
  };
}

function nextGrant(jobId: string, number: number, microUsd: number, capMicroUsd: number): MapItemUpdate {
  return {
    UpdateExpression:
      'SET grants.#job.#number = :number, grants.#job.microUsd = :amount, grants.#job.totalMicroUsd = grants.#job.totalMicroUsd + :amount, committedMicroUsd = committedMicroUsd + :amount',
    ConditionExpression: 'committedMicroUsd <= :room AND grants.#job.#number = :before',
    ExpressionAttributeNames: { '#job': jobId, '#number': 'number' },
    ExpressionAttributeValues: {
      ':number': number,
      ':before': number - 1,
      ':amount': microUsd,
      ':room': capMicroUsd - microUsd,
    },
  };
}

function returnOf(jobId: string, number: number, microUsd: number): MapItemUpdate {
  return {
    UpdateExpression: 'REMOVE grants.#job SET committedMicroUsd = committedMicroUsd - :amount',
    ConditionExpression: 'grants.#job.#number = :number',
    ExpressionAttributeNames: { '#job': jobId, '#number': 'number' },
    ExpressionAttributeValues: { ':amount': microUsd, ':number': number },
  };
}
