import { describe, expect, test } from '@jest/globals';
import type { JobView } from '../../../lib/contracts/job-view.ts';
import type { CycleView } from '../../../lib/contracts/run-view.ts';
import { makeReceipt } from '../../../lib/core/money/receipt.ts';
import { workFootprint } from '../../../lib/core/money/work-footprint.ts';

function job(more: Partial<JobView> = {}): JobView {
  return {
    id: 'job-1',
    type: 'agent',
    status: 'SUCCEEDED',
    project: 'shop',
    priority: 'normal' as JobView['priority'],
    lane: 'fargate',
    attempt: 1,
    failures: 0,
    maxAttempts: 3,
    createdAt: '2026-11-20T10:00:00.000Z',
    startedAt: '2026-11-20T10:01:00.000Z',
    endedAt: '2026-11-20T10:21:00.000Z',
    timeoutSeconds: 3_600,
    costUsd: 0.5,
    links: {},
    ...more,
  };
}

function action(revision: number, more: object = {}) {
  return { wave: 0, revision, startedAt: '2026-11-20T10:00:00.000Z', ...more };
}

describe('what a job has used', () => {
  test('is the time of every attempt, with the compute that it had [A9]', () => {
    const compute = { cpu: 2_048, memoryMiB: 4_096, diskGiB: 20 };
    const { workers } = workFootprint([
      { job: job({ compute, attempt: 2 }), attempts: [{ seconds: 10 }, { seconds: 1_200 }], modelCalls: 0 },
    ]);
    expect(workers).toEqual([
      { compute, seconds: 10 },
      { compute, seconds: 1_200 },
    ]);
  });

  test('counts attempts that nobody wrote down, and takes the job’s own time where there is no other', () => {
    const { workers } = workFootprint([{ job: job({ attempt: 3 }), attempts: [], modelCalls: 0 }]);
    expect(workers.map(({ seconds }) => seconds)).toEqual([1_200, 0, 0]);
  });

  test('says which attempts ran on Spot [D8]', () => {
    const attempts = [
      { seconds: 5, capacity: 'spot' },
      { seconds: 6, capacity: 'on_demand' },
    ] as const;
    const { workers } = workFootprint([{ job: job({ attempt: 3 }), attempts, modelCalls: 0 }]);
    expect(workers.map(({ capacity }) => capacity)).toEqual(['spot', 'on_demand', undefined]);
    const own = workFootprint([{ job: job({ capacity: 'spot' }), attempts: [], modelCalls: 0 }]);
    expect(own.workers.map(({ capacity }) => capacity)).toEqual(['spot']);
  });

  test('is a function’s memory and time where it ran in one', () => {
    const footprint = workFootprint([
      { job: job({ lane: 'function' }), attempts: [{ seconds: 60 }], modelCalls: 1 },
    ]);
    expect([footprint.workers, footprint.functionWorkGiBSeconds]).toEqual([[], 30]);
  });

  test('of a job that was never started is its model cost alone', () => {
    const never = job({ attempt: 0, costUsd: 0 });
    delete (never as { startedAt?: string }).startedAt;
    expect(makeReceipt(workFootprint([{ job: never, attempts: [], modelCalls: 0 }])).totalUsd).toBe(0);
  });

  test('of an agent of twenty minutes costs about two cents beside its tokens [A8] [D6]', () => {
    const { infrastructureUsd, totalUsd, lines } = makeReceipt(
      workFootprint([{ job: job(), attempts: [{ seconds: 1_200 }], modelCalls: 20 }]),
    );
    expect(infrastructureUsd).toBeGreaterThan(0.015);
    expect(infrastructureUsd).toBeLessThan(0.02);
    expect(totalUsd).toBeCloseTo(0.5 + infrastructureUsd, 9);
    expect(lines.map(({ item }) => item)).toEqual([
      'Fargate',
      'public IPv4',
      'API Gateway',
      'Lambda',
      'SQS',
      'DynamoDB',
      'S3',
      'Secrets Manager',
      'CloudWatch Logs',
      'model tokens',
    ]);
  });
});

describe('what a cycle has used', () => {
  test('is a transition for each state that it went through [D6]', () => {
    const actions = [action(0), action(1, { wave: 1 }), { wave: 1, revision: 0 }];
    const { stepTransitions } = workFootprint([], [{ actions } as unknown as CycleView]);
    // 11 of the cycle, 2 waves, 3 ends, and 4 for each of the 3 revisions that began.
    expect(stepTransitions).toBe(11 + 2 + 3 + 3 * 4);
  });

  test('is what docs/cycle.md counts of a cycle of twenty actions, and of a check that is made again [A8]', () => {
    const twenty = Array.from({ length: 20 }, (_, index) => action(0, { wave: index % 3 }));
    const of = (actions: object[]) =>
      workFootprint([], [{ actions } as unknown as CycleView]).stepTransitions;
    expect(of(twenty)).toBe(114);
    expect(of(twenty.map((each) => ({ ...each, revision: 1 })))).toBe(194);
    const again = {
      ...action(0, { wave: 0 }),
      jobs: ['r-c1-a1-r0-do', 'r-c1-a1-r0-check', 'r-c1-a1-r0-check1'],
    };
    expect(of([again, ...twenty.slice(1)])).toBe(114 + 3);
  });

  test('is in the receipt under its own name [A8]', () => {
    const { lines } = makeReceipt({ ...workFootprint([]), stepTransitions: 1_000 });
    expect(lines).toContainEqual({ item: 'Step Functions', amount: '1000 transitions', usd: 0.025 });
  });
});
