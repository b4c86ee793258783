import { beforeEach, describe, expect, it } from '@jest/globals';
import type { TurnRequest } from '#contracts/worker-protocol.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { warnOfMonth } from '#core/money/warn-of-month.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { readUsage } from '#core/usage/read-usage.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { turn } from '#core/worker/turn.ts';
import {
  chatBody,
  dies,
  everyone,
  putResult,
  rowOf,
  type StartedWorker,
  startNext,
  submit,
} from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { reserveOf, settleOf } from '../../fakes/model-turns.ts';

let deps: MemoryDeps;
let worker: StartedWorker;

async function begin(body: Record<string, unknown> = {}, options: Parameters<typeof makeMemoryDeps>[0] = {}) {
  // On Fargate a worker's end can be seen from outside.
  deps = makeMemoryDeps({ ...options, settings: { ...options.settings, forceFargate: true } });
  await submit(deps, { ...chatBody, ...body });
  worker = await startNext(deps);
}
beforeEach(() => begin());

const take = (request: Omit<TurnRequest, 'jobId' | 'attempt' | 'session'>) =>
  turn(deps, { ...worker.session, ...request });
const month = () => [...deps.months.months.values()][0];

describe('a cap', () => {
  it('of the job refuses the call and names itself [A8]', async () => {
    await begin({ budgetUsd: 0.02 });
    await take({ reserve: reserveOf(1) });
    await expect(take({ reserve: reserveOf(2) })).rejects.toMatchObject({
      code: 'budget_exceeded',
      message:
        "the next call of claude-sonnet-5-5 may cost 0.0150 USD; 0.0150 USD of the job's budget of 0.0200 USD is used",
    });
    expect((await rowOf(deps, worker.id)).reservations).toHaveLength(1);
  });

  it('of the job counts what was spent and not what was put aside for it', async () => {
    await begin({ budgetUsd: 0.02 });
    await take({ reserve: reserveOf(1) });
    expect(await take({ settle: settleOf(1), reserve: reserveOf(2) })).toMatchObject({ spentMicroUsd: 700 });
  });

  it('of the project’s month refuses the call and names itself [A8]', async () => {
    await begin({}, { settings: { projectMonthMicroUsd: 40_000 } });
    await expect(take({ reserve: reserveOf(1) })).rejects.toMatchObject({
      code: 'budget_exceeded',
      message: 'project "default" has committed 0.0000 USD of its 0.0400 USD for 2026-11',
    });
  });

  it('does not give more than the job’s budget to a job', async () => {
    await begin({ budgetUsd: 0.02 });
    await take({ reserve: reserveOf(1) });
    expect(month()?.committedMicroUsd).toBe(20_000);
  });

  it('of the project’s month warns people once when four fifths are committed, before it refuses [C7]', async () => {
    await begin({ budgetUsd: 1 }, { settings: { projectMonthMicroUsd: 60_000 } });
    const announced: string[] = [];
    const announcer = { announce: async (...words: string[]) => void announced.push(words.join('\n')) };
    const due = () => month()?.tellAtMs;
    expect(due()).toBeUndefined();
    await take({ reserve: reserveOf(1) });
    expect(month()).toMatchObject({
      committedMicroUsd: 50_000,
      warnedAtMs: deps.clock.nowMs(),
      tellAtMs: deps.clock.nowMs(),
    });
    expect(await readUsage(deps, everyone, {})).toMatchObject({
      budgets: [{ project: 'default', month: '2026-11', committedUsd: 0.05, limitUsd: 0.06 }],
    });
    // Nobody could be told yet: it stays due.
    await warnOfMonth(deps, 'default#2026-11');
    expect(due()).toBe(deps.clock.nowMs());
    await warnOfMonth({ ...deps, announcer }, 'default#2026-11');
    expect(due()).toBeUndefined();
    const warnedAtMs = month()?.warnedAtMs;
    deps.clock.advanceSeconds(60);
    for (const turn of [2, 3]) await take({ reserve: reserveOf(turn) });
    await expect(take({ reserve: reserveOf(4) })).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(month()).toMatchObject({ warnedAtMs, tellAtMs: undefined });
    expect(announced).toHaveLength(1);
    expect(announced[0]).toContain('Muster: default has committed 80 % of its 2026-11 budget');
    expect(announced[0]).toContain('Committed now: 0.05 of 0.06 USD');
  });

  it('of the project’s month is told once, however many look at it at once, and late ones too [C7]', async () => {
    await begin({ budgetUsd: 1 }, { settings: { projectMonthMicroUsd: 60_000 } });
    await take({ reserve: reserveOf(1) });
    const mails: string[] = [];
    const announcer = { announce: async (subject: string) => void mails.push(subject) };
    const look = () => warnOfMonth({ ...deps, announcer }, 'default#2026-11');
    await Promise.all([look(), look()]);
    await look();
    expect(mails).toHaveLength(1);
  });

  it('of the project’s month is told by another one where the first could not [C7]', async () => {
    await begin({ budgetUsd: 1 }, { settings: { projectMonthMicroUsd: 60_000 } });
    await take({ reserve: reserveOf(1) });
    const mails: string[] = [];
    const fails = { announce: () => Promise.reject(new Error('SNS is busy')) };
    await expect(warnOfMonth({ ...deps, announcer: fails }, 'default#2026-11')).rejects.toThrow('busy');
    const announcer = { announce: async (subject: string) => void mails.push(subject) };
    deps.clock.advanceSeconds(299);
    await warnOfMonth({ ...deps, announcer }, 'default#2026-11');
    expect(mails).toHaveLength(0);
    deps.clock.advanceSeconds(1);
    await warnOfMonth({ ...deps, announcer }, 'default#2026-11');
    expect(mails).toHaveLength(1);
  });

  it('of the project’s month warns nobody below that [C7]', async () => {
    await begin({ budgetUsd: 1 }, { settings: { projectMonthMicroUsd: 63_000 } });
    await take({ reserve: reserveOf(1) });
    expect(month()?.warnedAtMs).toBeUndefined();
  });

  it('holds for a model without a price too: it is refused', async () => {
    const reserve = { ...reserveOf(1), model: 'llama' };
    await expect(take({ reserve })).rejects.toMatchObject({ code: 'unknown_model' });
  });
});

describe('a zombie', () => {
  async function loseTheJob(): Promise<void> {
    await take({ reserve: reserveOf(1) });
    await finishAttempt(deps, { ...worker.session, outcome: { kind: 'interrupted', reason: 'Spot' } });
    await startNext(deps);
  }

  it('settles its own reservation and nothing else', async () => {
    await loseTheJob();
    const before = await rowOf(deps, worker.id);
    await expect(take({ settle: settleOf(1), reserve: reserveOf(2) })).rejects.toMatchObject({
      code: 'stale_attempt',
    });
    const after = await rowOf(deps, worker.id);
    expect(after).toEqual({
      ...before,
      version: before.version + 1,
      spentMicroUsd: 700,
      reservations: [],
      usage: settleOf(1).usage,
    });
  });

  it('settles nothing that is another session’s', async () => {
    await loseTheJob();
    const before = await rowOf(deps, worker.id);
    const foreign = { ...worker.session, session: '77'.repeat(32) };
    await expect(turn(deps, { ...foreign, settle: settleOf(1) })).rejects.toMatchObject({
      code: 'stale_attempt',
    });
    expect(await rowOf(deps, worker.id)).toEqual(before);
  });
});

describe('grants that were noted and not recorded', () => {
  it('are taken up by the next call, however many they are', async () => {
    const noted = { project: 'default', month: '2026-11', jobId: worker.id, capMicroUsd: 1_000_000 };
    await deps.months.grant({ ...noted, number: 1, microUsd: 10_000 });
    await deps.months.grant({ ...noted, number: 2, microUsd: 40_000 });
    await take({ reserve: reserveOf(1) });
    expect(await rowOf(deps, worker.id)).toMatchObject({ grants: 2, grantedMicroUsd: 50_000 });
    expect(month()?.committedMicroUsd).toBe(50_000);
  });
});

describe('an end', () => {
  it('gives back what was granted and not spent', async () => {
    await take({ reserve: reserveOf(1) });
    await finishAttempt(deps, { ...(await putResult(deps, worker)), settle: settleOf(1) });
    expect(month()?.committedMicroUsd).toBe(700);
    expect(month()?.grants.size).toBe(0);
    expect((await rowOf(deps, worker.id)).outbox).toEqual({});
  });

  it('keeps what nobody has settled: it may have been spent', async () => {
    await take({ reserve: reserveOf(1) });
    await finishAttempt(deps, await putResult(deps, worker));
    expect(month()?.committedMicroUsd).toBe(15_000);
  });

  it('gives back a grant that was made and could not be recorded', async () => {
    const { grant } = deps.months;
    deps.months.grant = async (request) => {
      const granted = await grant.call(deps.months, request);
      await cancelJob(deps, everyone, worker.id);
      return granted;
    };
    await expect(take({ reserve: reserveOf(1) })).rejects.toMatchObject({ code: 'job_stopping' });
    expect(month()?.committedMicroUsd).toBe(50_000);
    dies(deps, worker);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'CANCELLED', grants: 0 });
    deps.clock.advanceSeconds(90);
    await reconcileJob(deps, worker.id);
    expect(month()?.committedMicroUsd).toBe(0);
    expect((await rowOf(deps, worker.id)).outbox).toEqual({});
  });

  it('waits for a first grant that is still under way', async () => {
    const { grant } = deps.months;
    deps.months.grant = async (request) => {
      await cancelJob(deps, everyone, worker.id);
      dies(deps, worker);
      await reconcileJob(deps, worker.id);
      return grant.call(deps.months, request);
    };
    await expect(take({ reserve: reserveOf(1) })).rejects.toMatchObject({ code: 'stale_attempt' });
    deps.clock.advanceSeconds(90);
    await reconcileJob(deps, worker.id);
    expect(month()?.committedMicroUsd).toBe(0);
  });
});
