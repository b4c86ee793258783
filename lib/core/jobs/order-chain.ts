import { AppError } from '#contracts/errors.ts';

interface Named {
  name: string | undefined;
  neighbours: readonly string[];
}

/**
 * Indexes of jobs that come after the same one, each behind those that it waits for.
 *
 * @throws AppError `invalid_request` where some wait for each other in a circle
 */
export function orderOf(jobs: readonly Named[], at = 'then'): number[] {
  const order: number[] = [];
  const placed = new Set<string>();
  const left = new Set(jobs.keys());
  while (left.size > 0) {
    const ready = [...left].filter((index) => jobs[index]?.neighbours.every((name) => placed.has(name)));
    if (ready.length === 0) throw circle(jobs, [...left], at);
    for (const index of ready) {
      order.push(index);
      left.delete(index);
      const name = jobs[index]?.name;
      if (name !== undefined) placed.add(name);
    }
  }
  return order;
}

function circle(jobs: readonly Named[], left: readonly number[], at: string): AppError {
  const names = left.map((index) => `"${jobs[index]?.name ?? index}"`).join(', ');
  return new AppError('invalid_request', `${at}: ${names} wait for each other in a circle`, {
    remedy: 'leave one of their names out of dependsOn',
  });
}
