import { beforeEach, describe, expect, it } from '@jest/globals';
import { everything } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { ScheduleRow } from '#contracts/schedule.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { resumeAll, stopAll } from '#core/operations/stop-all.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { deleteSchedule, pauseSchedule, resumeSchedule } from '#core/schedules/change-schedule.ts';
import { createSchedule } from '#core/schedules/create-schedule.ts';
import { fireSchedule } from '#core/schedules/fire-schedule.ts';
import { startNow } from '#core/schedules/start-now.ts';
import { documentWith } from '../../fakes/a-team.ts';
import { dies, everyone, rowOf as jobRow, startNext } from '../../fakes/job-steps.ts';
import { type MemoryScheduleDeps, makeMemoryScheduleDeps } from '../../fakes/memory-schedules.ts';

const echo = { job: { type: 'echo', payload: { message: 'tick' }, budgetUsd: 0.01 } };

let deps: MemoryScheduleDeps;
beforeEach(() => {
  deps = makeMemoryScheduleDeps();
});

async function make(more: object = {}): Promise<string> {
  const body = { name: 'pulse', when: { everySeconds: 600 }, starts: echo, ...more };
  return (await createSchedule(deps, everyone, body)).row.id;
}

function rowOf(id: string): ScheduleRow {
  const row = deps.schedules.rows.get(id);
  if (!row) throw new Error(`there is no schedule ${id}`);
  return row;
}

/** As the reconciler does it once a minute, so many minutes long. */
async function pass(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    deps.clock.advanceSeconds(60);
    for (const id of deps.schedules.due(deps.clock.nowMs())) await fireSchedule(deps, id);
  }
}

function outcomesOf(id: string): string[] {
  return rowOf(id).recent.map(({ outcome, reason, count }) =>
    [outcome, reason, count > 1 ? `×${count}` : undefined].filter(Boolean).join(' '),
  );
}

/** How often a start has got as far as to store what the job works on. */
function countStarts(): () => number {
  let count = 0;
  const put = deps.objects.put.bind(deps.objects);
  deps.objects.put = (...args) => {
    count += 1;
    return put(...args);
  };
  return () => count;
}

function jobs() {
  return [...deps.store.rows.values()];
}

async function endJobs(): Promise<void> {
  for (const { id, status } of jobs()) if (status === 'QUEUED') await cancelJob(deps, everyone, id);
}

/** The same ports, of which one call takes down whoever makes it: before it is done, or after. */
function dyingAt(given: MemoryScheduleDeps, fatal: number) {
  let calls = 0;
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          calls += 1;
          if (calls > fatal) throw new Error('this one is dead');
          const answer = await method.apply(target, args);
          if (calls === fatal) throw new Error('this one is dead');
          return answer;
        };
      },
    });
  const { schedules, store, objects, projects } = given;
  const ports = { schedules, store, objects, projects };
  const broken = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, dying(port)]));
  return { deps: { ...given, ...broken } as MemoryScheduleDeps, hasDied: () => calls >= fatal };
}

describe('a schedule', () => {
  it('starts a job at each of its ticks', async () => {
    const id = await make();
    await pass(9);
    expect(jobs()).toHaveLength(0);
    await pass(1);
    expect(jobs()).toHaveLength(1);
    await endJobs();
    await pass(10);
    expect(jobs()).toHaveLength(2);
    expect(outcomesOf(id)).toEqual(['started', 'started']);
    expect(rowOf(id).counts).toEqual({ started: 2, skipped: 0, missed: 0 });
    expect(rowOf(id).active).toEqual({ kind: 'job', id: jobs().at(-1)?.id });
  });

  it('starts a run of a team, in its own project and in the name of whoever made it', async () => {
    await deps.teams.put(documentWith());
    const starts = { run: { team: 'small', objective: 'Look around.', budgetUsd: 2, maxCycles: 1 } };
    const id = await make({ starts, project: 'shop' });
    await pass(10);
    const [run] = deps.runs.runs.rows.values();
    expect(run).toMatchObject({ project: 'shop', budgetMicroUsd: 2_000_000, callerArn: everyone.arn });
    expect(rowOf(id).active).toEqual({ kind: 'run', id: run?.id });
  });

  it('starts a tick once, however many look at it at the same moment', async () => {
    const id = await make();
    deps.clock.advanceSeconds(600);
    const starts = countStarts();
    await Promise.all(Array.from({ length: 20 }, () => fireSchedule(deps, id)));
    expect(jobs()).toHaveLength(1);
    expect(outcomesOf(id)).toEqual(['started']);
    expect(starts()).toBe(1);
  });

  it('whose start is under way is not begun a second time by the next tick', async () => {
    const id = await make({ when: { everySeconds: 60 } });
    deps.clock.advanceSeconds(60);
    const put = deps.objects.put;
    deps.objects.put = () => Promise.reject(new AppError('unavailable', 'S3 does not answer'));
    await fireSchedule(deps, id);
    deps.objects.put = put;
    const starts = countStarts();
    await pass(1);
    expect(outcomesOf(id)).toEqual(['skipped overlap']);
    expect(starts()).toBe(0);
    await pass(1);
    expect(outcomesOf(id)).toEqual(['skipped overlap', 'started', 'skipped overlap']);
  });

  it('has started a tick whose job is there, whatever a later look at its request says', async () => {
    const id = await make();
    deps.clock.advanceSeconds(600);
    const { replace } = deps.schedules;
    // It dies between the start and its record.
    deps.schedules.replace = async (row) => (row.pending ? replace.call(deps.schedules, row) : false);
    await expect(fireSchedule(deps, id)).rejects.toMatchObject({ code: 'busy' });
    deps.schedules.replace = replace;
    const [job] = jobs();
    if (!job) throw new Error('nothing was started');
    deps.store.rows.set(job.id, { ...job, requestSha256: 'as another version reads it' });
    await pass(3);
    expect(outcomesOf(id)).toEqual(['started']);
    expect(rowOf(id).active).toEqual({ kind: 'job', id: job.id });
  });

  it('whose start dies at any of its calls is started once by who comes after it', async () => {
    for (let fatal = 1; ; fatal++) {
      deps = makeMemoryScheduleDeps();
      const id = await make();
      deps.clock.advanceSeconds(600);
      const dying = dyingAt(deps, fatal);
      await fireSchedule(dying.deps, id).catch(() => undefined);
      await pass(3);
      expect([fatal, jobs().length, outcomesOf(id)]).toEqual([fatal, 1, ['started']]);
      if (!dying.hasDied()) return expect(fatal).toBeGreaterThan(6);
    }
  });
});

describe('a schedule that nobody looked at', () => {
  it('starts the newest tick that is not too late, and counts the others as missed', async () => {
    const id = await make({ when: { everySeconds: 60 } });
    deps.clock.advanceSeconds(3_600);
    await fireSchedule(deps, id);
    expect(jobs()).toHaveLength(1);
    expect(outcomesOf(id)).toEqual(['started', 'skipped superseded ×5', 'missed ×54']);
    expect(rowOf(id).counts).toEqual({ started: 1, skipped: 5, missed: 54 });
    expect(deps.metrics.counts.TicksMissed).toBe(54);
  });

  it('starts nothing where every tick is too late, and goes on with the next', async () => {
    const id = await make();
    deps.clock.advanceSeconds(1_000);
    await fireSchedule(deps, id);
    expect(jobs()).toHaveLength(0);
    expect(outcomesOf(id)).toEqual(['missed']);
    await pass(4);
    expect(outcomesOf(id)).toEqual(['started', 'missed']);
  });

  it('counts every tick of a long time, in several writes', async () => {
    const id = await make({ when: { everySeconds: 60 } });
    deps.clock.advanceSeconds(3_000 * 60);
    await fireSchedule(deps, id);
    const { started, skipped, missed } = rowOf(id).counts;
    expect(started + skipped + missed).toBe(3_000);
    expect(started).toBe(1);
  });
});

describe('a tick while the last start still runs', () => {
  it('is skipped and says so, unless the schedule wants otherwise', async () => {
    const id = await make();
    await pass(20);
    expect(jobs()).toHaveLength(1);
    expect(outcomesOf(id)).toEqual(['skipped overlap', 'started']);
    expect(rowOf(id).recent[0]?.says).toBe(`job ${jobs()[0]?.id} still runs`);
  });

  it('waits where the schedule queues, one at most, and starts when its turn comes', async () => {
    const id = await make({ overlap: 'queue' });
    await pass(30);
    expect(outcomesOf(id)).toEqual(['skipped queue_full', 'started']);
    expect(rowOf(id).pending).toMatchObject({ state: 'waiting' });
    await endJobs();
    await pass(1);
    expect(jobs()).toHaveLength(2);
    expect(outcomesOf(id)).toEqual(['started', 'skipped queue_full', 'started']);
    expect(rowOf(id).pending).toBeUndefined();
  });

  it('ends what runs where the schedule replaces, and starts in its place', async () => {
    const id = await make({ overlap: 'replace' });
    await pass(20);
    expect(jobs().map(({ status }) => status)).toEqual(['CANCELLED', 'QUEUED']);
    expect(outcomesOf(id)).toEqual(['started', 'started']);
  });

  it('that replaces waits until what runs is known to be gone', async () => {
    await make({ overlap: 'replace' });
    await pass(10);
    const worker = await startNext(deps);
    await pass(10);
    expect((await jobRow(deps, worker.id)).status).toBe('STOPPING');
    expect(jobs()).toHaveLength(1);
    dies(deps, worker);
    await reconcileJob(deps, worker.id);
    await pass(1);
    expect(jobs().map(({ status }) => status)).toEqual(['CANCELLED', 'QUEUED']);
  });

  it('that replaces gives its place to a later one while it waits', async () => {
    const id = await make({ overlap: 'replace' });
    await pass(10);
    await startNext(deps);
    await pass(20);
    expect(outcomesOf(id)).toEqual(['skipped replaced', 'started']);
    expect(rowOf(id).pending?.id).toBe(new Date(deps.clock.nowMs()).toISOString());
  });
});

describe('a tick that may not start', () => {
  it('is skipped while the kill switch is pulled, and is not missed', async () => {
    const id = await make();
    await stopAll(deps, everyone);
    await pass(10);
    await resumeAll(deps, everyone);
    await pass(10);
    expect(outcomesOf(id)).toEqual(['started', 'skipped stopped']);
    expect(deps.metrics.counts.TicksMissed).toBeUndefined();
  });

  it('is refused when whoever made the schedule has lost the project, and the schedule says so', async () => {
    const id = await make({ project: 'shop' });
    deps.access = { [everyone.arn]: { projects: ['garden'], approver: false } };
    await pass(10);
    deps.access = {};
    await pass(10);
    expect(jobs()).toHaveLength(0);
    expect(outcomesOf(id)).toEqual(['skipped refused', 'skipped refused']);
    expect(rowOf(id).recent[1]?.says).toBe(`${everyone.arn} may not use project "shop" any more`);
    expect(rowOf(id).problem).toContain('has no project here');
    deps.access = { ...everything };
    await pass(10);
    expect(outcomesOf(id)[0]).toBe('started');
    expect(rowOf(id).problem).toBeUndefined();
  });

  it('is refused with the reason where its team is gone, and later ones are not kept from starting', async () => {
    await deps.teams.put(documentWith());
    const starts = { run: { team: 'small', objective: 'Look around.', budgetUsd: 2, maxCycles: 1 } };
    const id = await make({ starts });
    deps.teams.stored.clear();
    await pass(10);
    expect(rowOf(id).recent[0]).toMatchObject({
      outcome: 'skipped',
      reason: 'refused',
      says: expect.stringContaining('there is no team "small"'),
    });
    await deps.teams.put(documentWith());
    await pass(10);
    expect(outcomesOf(id)).toEqual(['started', 'skipped refused']);
  });

  it('is begun again while the fault may pass, five times, and then says what it was', async () => {
    const id = await make();
    deps.objects.put = async () => {
      throw new AppError('unavailable', 'S3 does not answer');
    };
    await pass(19);
    expect(outcomesOf(id)).toEqual(['skipped refused']);
    expect(rowOf(id).problem).toBe('given up after 5 tries: S3 does not answer');
    expect(jobs()).toHaveLength(0);
  });
});

describe('a schedule that is paused', () => {
  it('does not tick, and goes on with the next tick in the future', async () => {
    const id = await make();
    await pass(5);
    await pauseSchedule(deps, everyone, id);
    expect(deps.schedules.dueAtMs(id)).toBeUndefined();
    await pass(30);
    const { nextAtMs } = await resumeSchedule(deps, everyone, id);
    expect(nextAtMs).toBe(deps.clock.nowMs() + 5 * 60_000);
    await pass(5);
    expect(outcomesOf(id)).toEqual(['started']);
  });

  it('ends the tick that was due or waited, and says why', async () => {
    const id = await make({ overlap: 'queue' });
    await pass(20);
    deps.clock.advanceSeconds(620);
    await pauseSchedule(deps, everyone, id);
    expect(outcomesOf(id)).toEqual(['skipped paused', 'skipped paused', 'started']);
  });

  it('can be started by hand all the same', async () => {
    const id = await make();
    await pauseSchedule(deps, everyone, id);
    await startNow(deps, everyone, id, 'once');
    expect(outcomesOf(id)).toEqual(['started']);
    expect(rowOf(id).state).toBe('paused');
  });
});

describe('a start by hand', () => {
  it('is one start for one key, beside the ticks of the clock', async () => {
    const id = await make();
    const first = await startNow(deps, everyone, id, 'once');
    const again = await startNow(deps, everyone, id, 'once');
    expect(again.tickId).toBe(first.tickId);
    expect(jobs()).toHaveLength(1);
    await endJobs();
    await pass(10);
    expect(outcomesOf(id)).toEqual(['started', 'started']);
  });

  it('obeys the rule for overlaps', async () => {
    const id = await make();
    await startNow(deps, everyone, id, 'once');
    await startNow(deps, everyone, id, 'twice');
    expect(outcomesOf(id)).toEqual(['skipped overlap', 'started']);
  });
});

describe('a schedule that is deleted', () => {
  it('ticks no more, is listed no more, and leaves its name to another', async () => {
    const id = await make();
    await deleteSchedule(deps, everyone, id);
    await pass(20);
    expect(jobs()).toHaveLength(0);
    expect(await deps.schedules.listed()).toEqual([]);
    const row = rowOf(id);
    expect(await make({ when: { everySeconds: 120 } })).toBe(id);
    expect(rowOf(id)).toMatchObject({ state: 'active', version: row.version + 1, recent: [] });
  });
});
