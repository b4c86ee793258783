import type { Caller } from '#contracts/access.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { resultKey } from '#contracts/object-keys.ts';
import type { StepRequest } from '#contracts/steps.ts';
import { startRun } from '#core/runs/start-run.ts';
import { runStep } from '#core/runs/steps/run-step.ts';
import { documentWith } from './a-team.ts';
import { type MemoryRunDeps, makeMemoryRunDeps } from './memory-run-deps.ts';

export const ana: Caller = { arn: 'arn:aws:iam::1:role/Ana', projects: '*', approver: true };
export const ben: Caller = { arn: 'arn:aws:iam::1:role/Ben', projects: ['alpha'], approver: true };

const traceparent = '00-00000000000000000000000000000000-0000000000000000-00';
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const work = { model: 'claude-sonnet-5-5', usage, costUsd: 0 };

export interface MemoryCycle {
  deps: MemoryRunDeps;
  run: string;
  step(request: Partial<StepRequest> & Pick<StepRequest, 'step'>): Promise<unknown>;
  /** Ends a job with this document, as its worker would have. */
  finish(id: string, document: unknown, status?: JobRow['status']): Promise<void>;
}

export function startOptions(idempotencyKey?: string) {
  return { idempotencyKey, traceparent };
}

/** A run that has been accepted, with its steps to be called by hand. */
export async function makeMemoryCycle(
  team: Record<string, unknown> = {},
  body: Record<string, unknown> = {},
): Promise<MemoryCycle> {
  const deps = makeMemoryRunDeps();
  await deps.teams.put(documentWith({ '/tools': [], ...team }));
  const request = { team: 'small', objective: 'Mend the sum.', project: 'alpha', ...body };
  const { run } = await startRun(deps, ana, request, startOptions('one'));
  const step: MemoryCycle['step'] = (asked) =>
    runStep(deps, { run: run.id, cycle: 1, token: `token-${asked.step}`, ...asked } as StepRequest);
  const finish: MemoryCycle['finish'] = async (id, document, status = 'SUCCEEDED') => {
    const row = deps.store.rows.get(id);
    if (!row) throw new Error(`there is no job ${id}`);
    const key = resultKey(row.project, id, 1);
    const text = JSON.stringify(document);
    await deps.objects.put(key, text);
    const result = { key, sha256: deps.digest.sha256(text), bytes: text.length };
    deps.store.write({
      ...row,
      version: row.version + 1,
      status,
      attempt: 1,
      result,
      endedAtMs: 1,
      outbox: {},
    });
  };
  return { deps, run: run.id, step, finish };
}

const action = {
  action: 'Mend the sum of the basket now.',
  kind: 'backend',
  owner: 'coder',
  priority: 'high',
  estimatedDuration: '5min',
  successCriteria: ['It is right.'],
};

/** A meeting that has decided to go ahead with these actions; each is written over the plainest one. */
export function aMeeting(actions: readonly Record<string, unknown>[] = [{}]) {
  return {
    ...{ meetingId: 'meeting_20261120_100000', outcome: 'converged', decision: 'go', quorum: 2, votes: [] },
    ...{ spoken: [], summary: 'We go.', decisions: [], positions: [], models: {}, costUsd: 0 },
    actions: actions.map((each, index) => ({ id: index + 1, ...action, ...each })),
  };
}

export function aResult(workspace?: string) {
  const name = 'artifacts/workspace.tar.zst';
  return {
    ...{ summary: 'Done.', evidence: [], confidence: 1, limitations: [], turns: 1, files: [], ...work },
    ...(workspace === undefined ? {} : { workspace: { name, sha256: workspace, bytes: 1 } }),
  };
}

export function aReview(outcome: 'met' | 'not_met' | 'cannot_tell', workspace?: string) {
  const verdicts = [{ criterion: 'It is right.', verdict: outcome, evidence: 'Seen.', byCheck: false }];
  return {
    ...{
      subject: 'action',
      outcome,
      verdicts,
      checks: [],
      findings: [],
      restored: [],
      conflicts: [],
      ...work,
    },
    ...(workspace === undefined ? {} : { workspace: { sha256: workspace, bytes: 1 } }),
  };
}

/** Through the meeting to a plan. */
export async function planCycle(cycle: MemoryCycle, actions?: readonly Record<string, unknown>[]) {
  await cycle.step({ step: 'open' });
  await cycle.step({ step: 'plan' });
  await cycle.finish(`${cycle.run}-c1-meet`, aMeeting(actions));
  return cycle.step({ step: 'readPlan' });
}
