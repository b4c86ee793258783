import { isTerminal } from '#contracts/job-states.ts';
import type { StartedWork } from '#contracts/schedule.ts';
import type { World } from '../world.ts';

/** Does what a schedule has started, as far as a schedule can see: it runs for a while, or is stopped, and ends. */
export function liveOut(world: World, work: StartedWork, workSeconds: [from: number, to: number]): void {
  const begin = work.kind === 'job' ? runJob : runRun;
  world.scheduler.after(world.chance.int(500, 8_000), () => begin(world, work.id));
  world.scheduler.after(world.chance.int(...workSeconds) * 1000, () => end(world, work, 'SUCCEEDED'));
}

function runJob(world: World, id: string): boolean {
  const row = world.store.rows.get(id);
  if (row?.status !== 'QUEUED') return false;
  const running = { status: 'RUNNING' as const, attempt: 1, startedAtMs: world.nowMs };
  world.store.write({ ...row, ...running, version: row.version + 1, updatedAtMs: world.nowMs }, 'replace');
  return true;
}

/** A run is what it is from its first moment on. */
function runRun(): boolean {
  return false;
}

/** What is told to stop takes a while to be gone. */
export function stopSoon(world: World, work: StartedWork): void {
  const status = work.kind === 'job' ? 'CANCELLED' : 'STOPPED';
  world.scheduler.after(world.chance.int(2, 240) * 1000, () => end(world, work, status));
}

function end(
  world: World,
  { kind, id }: StartedWork,
  status: 'SUCCEEDED' | 'CANCELLED' | 'STOPPED',
): boolean {
  const { store, runs, nowMs } = world;
  const ended = { endedAtMs: nowMs, updatedAtMs: nowMs, outbox: {} };
  const job = store.rows.get(id);
  const run = runs.runs.rows.get(id);
  if (kind === 'job' && job && !isTerminal(job.status))
    store.write({ ...job, ...ended, status: status as 'CANCELLED', version: job.version + 1 }, 'replace');
  else if (kind === 'run' && run && run.endedAtMs === undefined)
    runs.runs.write({ ...run, ...ended, status: status as 'STOPPED', version: run.version + 1 });
  else return false;
  return true;
}
