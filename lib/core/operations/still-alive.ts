import { lanes } from '#contracts/lanes.ts';
import type { Operation } from '#contracts/operations.ts';
import type { LiveTask } from '#core/ports/compute.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { slotKey } from '#core/ports/slots.ts';

type StillAlive = Operation['stillAlive'];

/**
 * Workers that are not known to be gone. A slot is held until its worker's end is proved (for a function: until it
 * has said so, or its time is over); ECS knows besides of tasks that hold none. Slots are read first: what is freed
 * meanwhile is gone, and what holds no slot by then is listed by ECS.
 */
export async function readStillAlive({ slots, cluster }: Deps<'slots' | 'cluster'>): Promise<StillAlive> {
  const states = await Promise.all(lanes.map((lane) => slots.read(lane)));
  const live = await cluster.alive();
  const arns = new Map(live.map((task) => [keyOf(task), task.taskArn]));
  const holding = lanes.flatMap((lane, index) =>
    (states[index]?.held ?? []).map(({ key, sinceMs }) => {
      const taskArn = arns.get(key);
      return { worker: key, lane, ...(taskArn !== undefined && { taskArn }), since: iso(sinceMs) };
    }),
  );
  const held = new Set(holding.map(({ worker }) => worker));
  const strays = live.flatMap((task) => {
    const worker = keyOf(task);
    if (worker !== undefined && held.has(worker)) return [];
    const { taskArn, sinceMs } = task;
    return {
      ...(worker !== undefined && { worker }),
      lane: 'fargate' as const,
      taskArn,
      since: iso(sinceMs),
    };
  });
  return [...holding, ...strays];
}

function keyOf({ startedFor }: LiveTask): string | undefined {
  return startedFor && slotKey(startedFor.jobId, startedFor.attempt);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
