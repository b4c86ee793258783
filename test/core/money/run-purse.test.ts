import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JobRow } from '#contracts/job-row.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { relay } from '#core/jobs/relay.ts';
import { end } from '#core/jobs/transitions.ts';
import { turn } from '#core/worker/turn.ts';
import { chatBody, rowOf, type StartedWorker, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { reserveOf, settleOf } from '../../fakes/model-turns.ts';

const run = { id: 'run-0123456789abcdef', cycle: 1, agent: 'worker', budgetMicroUsd: 40_000 };
let deps: MemoryDeps;

beforeEach(() => {
  deps = makeMemoryDeps({ settings: { maxConcurrentFunctions: 5 } });
});

/** A job of the run with a worker that has begun. */
async function begin(): Promise<StartedWorker> {
  const { id } = await submit(deps, { ...chatBody, budgetUsd: 0.5 });
  await changeJob(deps, id, (row) => ({ next: { ...row, run }, value: undefined }));
  return startNext(deps);
}

const reserve = ({ session }: StartedWorker, number: number) =>
  turn(deps, { ...session, reserve: reserveOf(number) });

async function finish({ id }: StartedWorker): Promise<JobRow> {
  const { row } = await changeJob(deps, id, (current, moment) => ({
    next: end(current, 'FAILED', moment, { error: { code: 'worker_error', message: 'x' } }),
    value: undefined,
  }));
  deps.clock.advanceSeconds(600);
  return relay(deps, row);
}

const purse = () => [...deps.months.months.values()].find(({ project }) => project === run.id);

describe("a run's money", () => {
  it('is the cap of all its jobs together, and the refusal names the run', async () => {
    const [first, second] = [await begin(), await begin()];
    await reserve(first, 1);
    await reserve(second, 1);
    await expect(reserve(second, 2)).rejects.toMatchObject({
      code: 'run_budget_exceeded',
      message: expect.stringContaining('run run-0123456789abcdef has committed'),
      remedy: 'start it again with a higher budgetUsd, or raise budgetUsd in the team file',
    });
    expect((await rowOf(deps, second.id)).reservations).toHaveLength(1);
  });

  it('comes back to the run and to the month when a job leaves it', async () => {
    const first = await begin();
    await turn(deps, { ...first.session, reserve: reserveOf(1) });
    await turn(deps, { ...first.session, settle: settleOf(1) });
    expect(purse()?.committedMicroUsd).toBeGreaterThan(700);
    await finish(first);
    expect(purse()?.committedMicroUsd).toBe(700);
    for (const month of deps.months.months.values()) expect(month.committedMicroUsd).toBe(700);
    const second = await begin();
    await expect(reserve(second, 1)).resolves.toMatchObject({ reservedMicroUsd: 15_000 });
  });

  it('is granted the same amount twice where a reply was lost', async () => {
    const worker = await begin();
    const { grant } = deps.months;
    let calls = 0;
    deps.months.grant = async (request) => {
      const answer = await grant.call(deps.months, request);
      calls += 1;
      if (calls === 2) throw new Error('reply lost');
      return answer;
    };
    await expect(reserve(worker, 1)).rejects.toThrow('reply lost');
    const committed = purse()?.committedMicroUsd;
    await reserve(worker, 1);
    expect(purse()?.committedMicroUsd).toBe(committed);
  });
});
