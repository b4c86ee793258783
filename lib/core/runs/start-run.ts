import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { Given } from '#contracts/given.ts';
import { inputKey, uploadKey } from '#contracts/object-keys.ts';
import { type RecoveryWanted, recoveryWanted } from '#contracts/recovery.ts';
import { type RunRequest, runRequest } from '#contracts/run-request.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { type AgentModel, type TeamFile, teamName } from '#contracts/team.ts';
import { toMicroUsd } from '#contracts/usage.ts';
import { requireProject } from '#core/access.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { parseWith, requireShallow } from '#core/jobs/parse-job-request.ts';
import type { ConfiguredProviders, StoredTeam, Teams } from '#core/ports/teams.ts';
import { renderObjective, renderRecovery } from '#core/teams/render-objective.ts';
import { resolveModels } from '#core/teams/resolve-models.ts';
import { requireCallback } from '#core/webhooks/require-callback.ts';
import { executionName } from './ids.ts';
import { relayRun } from './relay-run.ts';
import type { RunDeps } from './run-deps.ts';
import { say } from './say.ts';

export type StartRunDeps = RunDeps & {
  teams: Teams;
  providers: ConfiguredProviders;
};

export interface StartedRun {
  run: RunRow;
  /** True where the same request came before under the same key. */
  replayed: boolean;
}

/**
 * Accepts a run: checks it, keeps the team as it is now, then creates the row in one conditional write. Its first
 * cycle's execution is started from the row's outbox.
 *
 * @throws AppError `invalid_request`, `not_found` (project, team or linked run), `provider_key_missing`,
 *   `idempotency_key_reused`
 */
export async function startRun(
  deps: StartRunDeps,
  caller: Caller,
  body: unknown,
  options: { idempotencyKey?: string | undefined; traceparent: string; given?: readonly Given[] },
): Promise<StartedRun> {
  requireShallow(body);
  const request = parseWith(runRequest, body, 'the run');
  requireProject(caller, request.project);
  requireCallback(request.callbackUrl, deps.settings);
  const requestSha256 = deps.digest.sha256(canonicalJson(request));
  const id = runIdFor(deps, caller, options.idempotencyKey);
  const earlier = options.idempotencyKey === undefined ? undefined : await deps.runs.runs.get(id);
  if (earlier) return replay(earlier, requestSha256);
  const stored = await requireTeam(deps, request.team);
  const { team } = stored.document;
  const selfHostedAllowed = deps.settings.selfHosted;
  const models = resolveModels(team, { configured: await deps.providers.read(), selfHostedAllowed });
  const objective = objectiveOf(team, request);
  const recovery = recoveryOf(team, request);
  await Promise.all([requireUpload(deps, request), requireLinked(deps, request)]);
  const text = canonicalJson(stored.document);
  const teamSha256 = deps.digest.sha256(text);
  const teamKey = inputKey(request.project, teamSha256);
  await deps.projects.note(request.project);
  await deps.objects.put(teamKey, text, 'application/json');
  const run = newRun(deps, {
    id,
    caller,
    request,
    requestSha256,
    team,
    teamKey,
    teamSha256,
    models,
    objective,
    recovery,
    given: options.given ?? [],
    traceparent: options.traceparent,
  });
  if (!(await deps.runs.runs.create(run)))
    return replay((await deps.runs.runs.get(id)) ?? run, requestSha256);
  deps.log.info('run accepted', { run: id, team: run.team, project: run.project });
  await say(deps, id, {
    type: 'cycle',
    message: `Accepted: team ${run.team}, at most ${run.maxCycles} cycles`,
  });
  return { run: await relayRun(deps, run), replayed: false };
}

/** Follows from caller and key; without a key it is new each time. */
export function runIdFor(
  deps: Pick<RunDeps, 'digest' | 'random'>,
  caller: Caller,
  idempotencyKey: string | undefined,
): string {
  const digits =
    idempotencyKey === undefined
      ? deps.random.hex(8)
      : deps.digest.sha256(`run\n${caller.arn}\n${idempotencyKey}`);
  return `run-${digits.slice(0, 16)}`;
}

function replay(run: RunRow, requestSha256: string): StartedRun {
  if (run.requestSha256 === requestSha256) return { run, replayed: true };
  throw new AppError(
    'idempotency_key_reused',
    `this Idempotency-Key was used for another request (${run.id})`,
    {
      remedy: 'use a new key for a new request',
    },
  );
}

/** @throws AppError `not_found`, which names those that there are */
export async function requireTeam({ teams }: Pick<StartRunDeps, 'teams'>, name: string): Promise<StoredTeam> {
  const found = teamName.safeParse(name).success ? await teams.get(name) : undefined;
  if (found) return found;
  const known = (await teams.all()).map(({ document }) => document.team.name).join(', ');
  throw new AppError('not_found', `there is no team "${name}"; there are: ${known}`, {
    remedy: 'see them with: muster team list',
  });
}

/** @throws AppError `invalid_request` */
export function objectiveOf(
  team: TeamFile,
  { objective, workflow }: Pick<RunRequest, 'objective' | 'workflow'>,
): string {
  if (objective !== undefined && workflow !== undefined)
    throw new AppError(
      'invalid_request',
      '"objective" and "workflow" were both given; a run has one of them',
    );
  if (workflow !== undefined) return renderObjective(team, workflow);
  if (objective !== undefined) return objective;
  const ids = team.workflows.map(({ id }) => id).join(', ');
  throw new AppError('invalid_request', 'the run has no "objective"', {
    remedy:
      ids === ''
        ? 'say what the team is to reach'
        : `say what the team is to reach, or name a workflow: ${ids}`,
  });
}

/** What the request says goes before what its workflow says. */
export function recoveryOf(
  team: TeamFile,
  request: Pick<RunRequest, 'recovery' | 'workflow'>,
): RecoveryWanted | undefined {
  const { recovery, workflow } = request;
  const wanted = recovery ?? (workflow && renderRecovery(team, workflow));
  return wanted && parseWith(recoveryWanted, wanted, 'the recovery');
}

async function requireUpload(deps: RunDeps, { project, workspace }: RunRequest): Promise<void> {
  if (!workspace) return;
  const head = await deps.objects.head(uploadKey(project, workspace.sha256));
  if (head?.bytes === workspace.bytes && head.sha256 === workspace.sha256) return;
  throw new AppError(
    'invalid_request',
    `the workspace ${workspace.sha256} with ${workspace.bytes} bytes was not uploaded to project "${project}"`,
    { remedy: 'put the archive where POST /uploads says, then start the run' },
  );
}

async function requireLinked(deps: RunDeps, { project, learnsFrom }: RunRequest): Promise<void> {
  for (const id of learnsFrom) {
    const linked = await deps.runs.runs.get(id);
    if (linked?.project !== project)
      throw new AppError('not_found', `learnsFrom names run "${id}", which is not in project "${project}"`);
  }
}

interface NewRun {
  id: string;
  caller: Caller;
  request: RunRequest;
  requestSha256: string;
  team: TeamFile;
  teamKey: string;
  teamSha256: string;
  models: Record<string, AgentModel>;
  objective: string;
  recovery: RecoveryWanted | undefined;
  given: readonly Given[];
  traceparent: string;
}

function newRun(deps: RunDeps, given: NewRun): RunRow {
  const { id, caller, request, team, models, objective, recovery, traceparent } = given;
  const { requestSha256, teamKey, teamSha256 } = given;
  const nowMs = deps.clock.nowMs();
  const files = request.workspace && {
    key: uploadKey(request.project, request.workspace.sha256),
    sha256: request.workspace.sha256,
  };
  const cadence = request.cadence ?? team.cadence;
  return {
    schemaVersion: 1,
    version: 1,
    id,
    status: 'RUNNING',
    project: request.project,
    callerArn: caller.arn,
    requestSha256,
    traceparent,
    team: team.name,
    teamKey,
    teamSha256,
    models,
    objective,
    context: request.context,
    ...(request.workflow ? { workflow: request.workflow.id } : {}),
    learnsFrom: request.learnsFrom,
    ...(recovery ? { recovery } : {}),
    ...(given.given.length > 0 ? { given: [...given.given] } : {}),
    maxCycles: request.maxCycles ?? team.maxCycles,
    ...(cadence ? { cadence } : {}),
    ...(request.callbackUrl === undefined ? {} : { callbackUrl: request.callbackUrl }),
    approvals: approvalsOf(team, request),
    budgetMicroUsd: toMicroUsd(request.budgetUsd ?? team.budgetUsd),
    costMicroUsd: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    cycle: 1,
    executionName: executionName(team.name, objective, id, 1),
    waitsFor: [],
    ...(files ? { workspace: files, firstWorkspace: files } : {}),
    outbox: { start: { kind: 'start', cycle: 1 } },
  };
}

/** A run may ask for more approvals than its team does, never for fewer. */
function approvalsOf(team: TeamFile, { approvals }: RunRequest): RunRow['approvals'] {
  const { plan, release, kinds, expiresHours, own } = team.approvals;
  return {
    plan: plan || approvals?.plan === true,
    release: release || approvals?.release === true,
    kinds: [...new Set([...kinds, ...(approvals?.kinds ?? [])])],
    expiresHours: approvals?.expiresHours ?? expiresHours,
    own,
  };
}
