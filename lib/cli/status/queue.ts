import type { ApiClient } from '#adapters/client/api-client.ts';
import { limits } from '#contracts/limits.ts';
import { formatAge } from '../format.ts';

/** What waits for a worker. */
export interface Queue {
  waiting: number;
  /** When the oldest of them was submitted. */
  oldestAt?: string;
  /** False where there are so many jobs that not all were looked at. */
  countedAll: boolean;
}

/** A page looks through some hundred jobs, and the one that waits longest may lie behind thousands. */
const pagesMax = 10;

/** Asked for by its state: what waits longest is not among the newest jobs. */
export async function readQueue(api: ApiClient): Promise<Queue> {
  const submitted: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const query = { status: 'QUEUED', limit: limits.pageItemsMax, cursor };
    const { body } = await api.call('listJobs', { query });
    submitted.push(...body.items.map(({ createdAt }) => createdAt));
    cursor = body.cursor;
    if (cursor === undefined) break;
  }
  const oldestAt = submitted.toSorted()[0];
  const countedAll = cursor === undefined;
  return { waiting: submitted.length, countedAll, ...(oldestAt === undefined ? {} : { oldestAt }) };
}

export function describeQueue({ waiting, oldestAt, countedAll }: Queue): string {
  const ofNewest = countedAll ? '' : ', among the newest jobs';
  if (oldestAt === undefined) return `empty${ofNewest}`;
  const age = formatAge(Date.now() - Date.parse(oldestAt));
  return `${countedAll ? '' : 'at least '}${waiting} waiting, the oldest was submitted ${age} ago`;
}
