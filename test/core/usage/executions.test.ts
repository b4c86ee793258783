import { beforeEach, describe, expect, it } from '@jest/globals';
import { relay } from '#core/jobs/relay.ts';
import { end, failAttempt, interruptAttempt } from '#core/jobs/transitions.ts';
import { listExecutions } from '#core/usage/list-executions.ts';
import { makeRunning, startMs } from '../../fakes/job-rows.ts';
import { callerOf, everyone } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { makeExecution, makeLedgerEntry } from '../../fakes/usage-records.ts';

let deps: MemoryDeps;
beforeEach(async () => {
  deps = makeMemoryDeps();
  await deps.projects.note('default');
});

const agent = makeRunning({ type: 'agent', model: 'claude-sonnet-5-5' });
const moment = () => ({ nowMs: startMs + 1_500, fraction: 0, timings: deps.settings.timings });
const error = { code: 'worker_error', message: 'it broke' } as const;

describe('an execution', () => {
  it('is written when an attempt has ended, with its time and what its calls cost [D2] [D6]', async () => {
    const result = { key: 'projects/default/jobs/job-1/attempts/1/result.json', sha256: 'ee', bytes: 9 };
    const row = end(agent, 'SUCCEEDED', moment(), { result });
    await deps.store.create({ ...row, version: 1 });
    await deps.ledger.put(makeLedgerEntry({ key: '1/main/1', microUsd: 1_200 }));
    await deps.ledger.put(makeLedgerEntry({ key: '11/main/1', microUsd: 999 }));
    await relay(deps, row);
    expect((await listExecutions(deps, everyone, {})).items).toEqual([
      {
        project: 'default',
        job: 'job-1',
        type: 'agent',
        attempt: 1,
        model: 'claude-sonnet-5-5',
        startedAt: '2026-11-15T12:00:00.000Z',
        endedAt: '2026-11-15T12:00:01.500Z',
        milliseconds: 1_500,
        outcome: 'SUCCEEDED',
        input: 'projects/default/inputs/bb.json',
        output: 'projects/default/jobs/job-1/attempts/1/result.json',
        costUsd: 0.0012,
      },
    ]);
  });

  it('says of an attempt that is followed by another how it ended', () => {
    const outcomeOf = (row: ReturnType<typeof end>) => row.outbox['release-1'];
    expect(outcomeOf(failAttempt(agent, error, moment()))).toMatchObject({
      execution: { outcome: 'FAILED' },
    });
    expect(outcomeOf(interruptAttempt(agent, 'Spot', moment()))).toMatchObject({
      execution: { outcome: 'INTERRUPTED' },
    });
    const timedOut = { ...agent, status: 'STOPPING', stopCause: 'timeout' } as const;
    expect(outcomeOf(failAttempt(timedOut, error, moment()))).toMatchObject({
      execution: { outcome: 'TIMED_OUT' },
    });
  });

  it('is not left by an echo, nor by an attempt that no worker had begun', () => {
    const echo = end({ ...agent, type: 'echo' }, 'SUCCEEDED', moment());
    expect(echo.outbox['release-1']).toEqual({ kind: 'release', attempt: 1 });
    const starting = interruptAttempt(
      { ...agent, status: 'STARTING', sessionSha256: undefined },
      'no answer',
      moment(),
    );
    expect(starting.outbox['release-1']).toEqual({ kind: 'release', attempt: 1 });
  });
});

describe('a list of executions', () => {
  it('goes from the last over the projects that the caller may touch, page by page', async () => {
    for (const [n, project] of ['alpha', 'beta', 'alpha', 'alpha'].entries())
      await deps.executions.put(makeExecution({ jobId: `job-${n}`, project, endedAtMs: startMs + n }));
    const first = await listExecutions(deps, callerOf('alpha'), { limit: '2' });
    expect(first.items.map(({ job }) => job)).toEqual(['job-3', 'job-2']);
    const second = await listExecutions(deps, callerOf('alpha'), { limit: '2', cursor: first.cursor });
    expect(second.items.map(({ job }) => job)).toEqual(['job-0']);
    expect(second.cursor).toBeUndefined();
  });
});
