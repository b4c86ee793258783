import type { JobInput } from '#contracts/job-input.ts';
import { type JobRequest, jobRequest } from '#contracts/job-request.ts';
import type { JobRow, JobRun } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { inputKey } from '#contracts/object-keys.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { logFieldsOf } from '#core/jobs/log-fields.ts';
import { newJobRow } from '#core/jobs/new-job-row.ts';
import { relay } from '#core/jobs/relay.ts';
import { tokensOf, withToken } from '#core/jobs/tokens.ts';
import type { RunDeps } from './run-deps.ts';

export interface WantedJob extends Pick<JobRow, 'inputWorkspace' | 'archives'> {
  id: string;
  run: RunRow;
  place: Omit<JobRun, 'id' | 'budgetMicroUsd'>;
  input: JobInput;
  /** Of the state that waits for it. */
  token: string;
  request: Partial<Omit<JobRequest, 'type' | 'payload'>>;
}

/**
 * The job of this id, which tells this token when it ends: made where there is none; the new token taken where
 * there is one; told at once where it has ended. So a step may be entered any number of times.
 */
export async function ensureJob(deps: RunDeps, wanted: WantedJob): Promise<JobRow> {
  const found = (await deps.store.get(wanted.id)) ?? (await create(deps, wanted));
  const { row } = await changeJob(
    deps,
    found.id,
    (row) => ({
      next:
        isTerminal(row.status) || tokensOf(row).includes(wanted.token)
          ? undefined
          : withToken(row, wanted.token),
      value: undefined,
    }),
    found,
  );
  if (isTerminal(row.status)) await deps.workflow.succeed(wanted.token, { job: row.id, status: row.status });
  return row;
}

async function create(deps: RunDeps, wanted: WantedJob): Promise<JobRow> {
  const { id, run, input, token, inputWorkspace, archives } = wanted;
  const request = jobRequest.parse({
    project: run.project,
    ...wanted.request,
    type: input.type,
    payload: input.payload,
  });
  const text = canonicalJson(input);
  const inputSha256 = deps.digest.sha256(text);
  const key = inputKey(run.project, inputSha256);
  await deps.objects.put(key, text, 'application/json');
  const row = newJobRow(deps, {
    id,
    callerArn: run.callerArn,
    requestSha256: inputSha256,
    inputSha256,
    inputKey: key,
    traceparent: run.traceparent,
    request,
    input,
    token,
    run: { id: run.id, budgetMicroUsd: run.budgetMicroUsd, ...wanted.place },
    ...(inputWorkspace && { inputWorkspace }),
    ...(archives && { archives }),
  });
  // Whoever was faster made the same row: its id and its input follow from the same place.
  if (!(await deps.store.create(row))) return (await deps.store.get(id)) ?? row;
  deps.metrics.count('JobsSubmitted');
  deps.log.info('job of a run accepted', { ...logFieldsOf(row), type: row.type, run: run.id });
  return relay(deps, row);
}
