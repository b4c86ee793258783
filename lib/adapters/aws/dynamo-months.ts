import * as z from 'zod';
import type { GrantRequest, GrantReturn, Months } from '#core/ports/months.ts';
import type { DynamoTable } from './dynamo-job-store.ts';
import { makeMapItem } from './dynamo-map-item.ts';

const monthItem = z.object({
  committedMicroUsd: z.number(),
  grants: z.record(z.string(), z.object({ number: z.number(), microUsd: z.number() })),
});

/** What each project has committed in a month; a job's entry lives as long as the job may ask for more. */
export function makeDynamoMonths(table: DynamoTable): Months {
  const monthOf = (project: string, month: string) =>
    makeMapItem(
      table,
      { pk: `PROJECT#${project}`, sk: `MONTH#${month}` },
      { committedMicroUsd: 0, grants: {} },
    );

  async function grant(request: GrantRequest): Promise<Awaited<ReturnType<Months['grant']>>> {
    const { jobId, number, microUsd, capMicroUsd } = request;
    const item = monthOf(request.project, request.month);
    const isFirst = number === 1;
    const isNoted = await item.update({
      UpdateExpression: 'SET grants.#job = :grant, committedMicroUsd = committedMicroUsd + :amount',
      ConditionExpression: `committedMicroUsd <= :room AND ${isFirst ? 'attribute_not_exists(grants.#job)' : 'grants.#job.#number = :before'}`,
      ExpressionAttributeNames: { '#job': jobId, ...(isFirst ? {} : { '#number': 'number' }) },
      ExpressionAttributeValues: {
        ':grant': { number, microUsd },
        ':amount': microUsd,
        ':room': capMicroUsd - microUsd,
        ...(isFirst ? {} : { ':before': number - 1 }),
      },
    });
    if (isNoted) return { granted: true, microUsd };
    const month = monthItem.parse(await item.read());
    const noted = month.grants[jobId];
    if (noted?.number === number) return { granted: true, microUsd: noted.microUsd };
    return { granted: false, committedMicroUsd: month.committedMicroUsd };
  }

  async function giveBack({ project, month, jobId, microUsd }: GrantReturn): Promise<void> {
    await monthOf(project, month).update({
      UpdateExpression: 'REMOVE grants.#job SET committedMicroUsd = committedMicroUsd - :amount',
      ConditionExpression: 'attribute_exists(grants.#job)',
      ExpressionAttributeNames: { '#job': jobId },
      ExpressionAttributeValues: { ':amount': microUsd },
    });
  }

  return { grant, giveBack };
}
