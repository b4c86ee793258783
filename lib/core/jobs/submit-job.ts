import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { JobInput } from '#contracts/job-input.ts';
import type { JobRequest } from '#contracts/job-request.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { inputKey, uploadKey } from '#contracts/object-keys.ts';
import { mayTouch, requireProject } from '#core/access.ts';
import { requireReach } from '#core/money/require-reach.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { requireCallback } from '#core/webhooks/require-callback.ts';
import { canonicalJson } from './canonical-json.ts';
import { jobNotFound } from './change-job.ts';
import { inputWorkspaceOf } from './input-workspace.ts';
import { logFieldsOf } from './log-fields.ts';
import { modelsOf, newJobRow } from './new-job-row.ts';
import { storeNext } from './next-jobs.ts';
import { located, parseChain } from './parse-chain.ts';
import { parseJobRequest } from './parse-job-request.ts';
import { registerWaiter } from './register-waiter.ts';
import { type RelayDeps, relay, unblockJob } from './relay.ts';

export type SubmitDeps = RelayDeps & Deps<'objects' | 'digest' | 'projects'>;

export interface SubmitOptions {
  idempotencyKey?: string | undefined;
  traceparent: string;
  /** Set by `retry`: the job whose input this one takes over. */
  retryOf?: string;
}

export interface Submitted {
  row: JobRow;
  /** True where the same request came before under the same key. */
  replayed: boolean;
}

/**
 * Accepts a job: checks it, stores its input under its own digest, then creates the row in one conditional
 * write. The id follows from caller and Idempotency-Key, so a repeated request finds the first one's row.
 *
 * @throws AppError `invalid_request`, `payload_too_large`, `not_supported_yet`, `unknown_model`, `not_found`
 *   (project or parent), `idempotency_key_reused`
 */
export async function submitJob(
  deps: SubmitDeps,
  caller: Caller,
  body: unknown,
  options: SubmitOptions,
): Promise<Submitted> {
  const { request, input } = parseJobRequest(body);
  return acceptJob(deps, caller, request, input, options);
}

/** The part of `submitJob` after parsing, which `retry` shares. */
export async function acceptJob(
  deps: SubmitDeps,
  caller: Caller,
  request: JobRequest,
  input: JobInput,
  options: SubmitOptions,
): Promise<Submitted> {
  requireProject(caller, request.project);
  const requestSha256 = deps.digest.sha256(
    canonicalJson({ request, input, retryOf: options.retryOf ?? null }),
  );
  const id = jobIdFor(deps, caller, options.idempotencyKey);
  const earlier = options.idempotencyKey === undefined ? undefined : await deps.store.get(id);
  if (earlier) return replay(earlier, requestSha256);
  await requireReachable(deps, caller, request, input);

  const text = canonicalJson(input);
  const inputSha256 = deps.digest.sha256(text);
  const key = inputKey(request.project, inputSha256);
  await deps.projects.note(request.project);
  await deps.objects.put(key, text, 'application/json');
  const { retryOf, traceparent } = options;
  const row = newJobRow(deps, {
    id,
    callerArn: caller.arn,
    request,
    input,
    requestSha256,
    inputSha256,
    inputKey: key,
    traceparent,
    ...(retryOf ? { retryOf } : {}),
    ...(await storeNext(deps, id, request)),
    ...inputWorkspaceOf(request.project, input),
  });
  if (!(await deps.store.create(row))) {
    // Somebody was faster with the same key, or this is our own write whose reply was lost.
    const winner = await deps.store.get(id);
    if (!winner) throw jobNotFound(id);
    return replay(winner, requestSha256);
  }
  deps.metrics.count('JobsSubmitted');
  deps.log.info('job accepted', { ...logFieldsOf(row), type: row.type, project: row.project });
  return { row: await follow(deps, row), replayed: false };
}

/** The row is written: whatever fails from here on is picked up by the reconciler, so the job is accepted. */
async function follow(deps: SubmitDeps, row: JobRow): Promise<JobRow> {
  if (row.status !== 'BLOCKED') return relay(deps, row);
  try {
    for (const parent of row.dependsOn) await registerWaiter(deps, parent, row.id);
    return await unblockJob(deps, row.id);
  } catch (error) {
    deps.metrics.count('DeliveryFailures');
    deps.log.warn('parents not told of a waiting job', { ...logFieldsOf(row), reason: String(error) });
    return row;
  }
}

/** Follows from caller and key; without a key it is new each time. */
export function jobIdFor(
  deps: Pick<SubmitDeps, 'digest' | 'random'>,
  caller: Caller,
  idempotencyKey: string | undefined,
): string {
  const digits =
    idempotencyKey === undefined
      ? deps.random.hex(16)
      : deps.digest.sha256(`${caller.arn}\n${idempotencyKey}`);
  return `job-${digits.slice(0, 32)}`;
}

function replay(row: JobRow, requestSha256: string): Submitted {
  if (row.requestSha256 === requestSha256) return { row, replayed: true };
  throw new AppError(
    'idempotency_key_reused',
    `this Idempotency-Key was used for another request (job ${row.id})`,
    {
      remedy: 'use a new key for a new request',
    },
  );
}

/** What the job and all that come after it name has to be there, now: later nobody could be told that it is not. */
async function requireReachable(
  deps: SubmitDeps,
  caller: Caller,
  request: JobRequest,
  input: JobInput,
): Promise<void> {
  if (request.onFailure !== undefined && request.dependsOn.length === 0)
    throw new AppError('invalid_request', '"onFailure" means nothing to a job without "dependsOn"');
  const chain = parseChain(request);
  const inputs = [input, ...chain.map(({ parsed }) => parsed.input)];
  requireCallback(request.callbackUrl, deps.settings);
  for (const { at, parsed } of chain)
    located(at, () => requireCallback(parsed.request.callbackUrl, deps.settings));
  for (const model of inputs.flatMap(modelsOf)) requireReach(model, deps.settings.selfHosted);
  const parents = [
    ...request.dependsOn.map((id) => ({ id, field: 'dependsOn' })),
    ...chain.flatMap(({ at, others }) => others.map((id) => ({ id, field: `${at}: dependsOn` }))),
  ];
  await requireParents(deps, caller, request.project, parents);
  await Promise.all(inputs.map((each) => requireUpload(deps, request.project, each)));
}

async function requireParents(
  deps: SubmitDeps,
  caller: Caller,
  project: string,
  named: readonly { id: string; field: string }[],
): Promise<void> {
  if (named.length === 0) return;
  const parents = await deps.store.getMany(named.map(({ id }) => id));
  for (const { id, field } of named) {
    const parent = parents.find((row) => row.id === id);
    if (!parent || parent.project !== project || !mayTouch(caller, parent.project)) {
      throw new AppError('not_found', `${field} names job "${id}", which is not in project "${project}"`);
    }
  }
}

/** An archive that is not there would fail the worker's first step, minutes later. */
async function requireUpload(deps: SubmitDeps, project: string, input: JobInput): Promise<void> {
  if (input.type !== 'agent' || !input.payload.workspace) return;
  const { sha256, bytes } = input.payload.workspace;
  const head = await deps.objects.head(uploadKey(project, sha256));
  if (head?.bytes === bytes && head.sha256 === sha256) return;
  const seen = head ? `there are ${head.bytes} bytes` : 'nothing is there';
  throw new AppError(
    'invalid_request',
    `the workspace ${sha256} with ${bytes} bytes was not uploaded to project "${project}" (${seen})`,
    { remedy: 'put the archive where POST /uploads says, then submit the job' },
  );
}
