import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { type GateDecision, type GateRow, gateDecision, gateId } from '#contracts/gate.ts';
import { uploadKey } from '#contracts/object-keys.ts';
import { mayTouch } from '#core/access.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { changeGate } from './change-row.ts';
import { afterDecision, expireGate, settleGate } from './gates.ts';
import { relayGate } from './relay-gate.ts';
import type { RunDeps } from './run-deps.ts';

export function gateNotFound(id: string): AppError {
  return new AppError('not_found', `there is no approval "${id.slice(0, 100)}"`, {
    remedy: 'list what waits with: muster approval list',
  });
}

/** @throws AppError `not_found` also where the caller may not touch its project */
export async function readGate(deps: Pick<RunDeps, 'runs'>, caller: Caller, id: string): Promise<GateRow> {
  const gate = gateId.safeParse(id).success ? await deps.runs.gates.get(id) : undefined;
  if (!gate || !mayTouch(caller, gate.project)) throw gateNotFound(id);
  return gate;
}

/**
 * Decides a gate, once. The same decision by the same person again answers as before; whatever else comes after
 * is refused. Only approvers of the project may, and only for the digest that the gate shows.
 *
 * @throws AppError `not_found`, `forbidden`, `invalid_request`, `digest_mismatch`, `approval_decided`
 */
export async function decideGate(deps: RunDeps, caller: Caller, id: string, body: unknown): Promise<GateRow> {
  const found = await readGate(deps, caller, id);
  const decision = parseWith(gateDecision, body, 'the decision');
  requireApprover(caller, found);
  requireFitting(found, decision);
  if (decision.digest !== found.digest) throw otherDigest(found, decision.digest);
  if (decision.files) await requireUploaded(deps, found.project, decision.files);
  const { row, before } = await changeGate(deps, id, (gate, nowMs) =>
    gate.status === 'PENDING' && nowMs < gate.expiresAtMs ? settle(gate, caller, decision, nowMs) : undefined,
  );
  if (row !== before) await afterDecision(deps, row);
  const settled = row.status === 'PENDING' ? await expireGate(deps, id) : await relayGate(deps, row);
  if (isSame(settled, caller, decision)) return settled;
  throw decidedBefore(settled);
}

function settle(gate: GateRow, { arn }: Caller, decision: GateDecision, nowMs: number): GateRow {
  const { comment, result, files } = decision;
  return settleGate(gate, statusOf(decision), nowMs, {
    decidedBy: arn,
    ...(comment === undefined ? {} : { comment }),
    ...(result === undefined ? {} : { result }),
    ...(files === undefined ? {} : { files }),
  });
}

function statusOf({ decision }: GateDecision): 'APPROVED' | 'REJECTED' {
  return decision === 'approve' ? 'APPROVED' : 'REJECTED';
}

function isSame(gate: GateRow, { arn }: Caller, decision: GateDecision): boolean {
  return (
    gate.status === statusOf(decision) &&
    gate.decidedBy === arn &&
    gate.comment === decision.comment &&
    gate.result === decision.result &&
    gate.files?.sha256 === decision.files?.sha256
  );
}

function requireApprover(caller: Caller, gate: GateRow): void {
  if (!caller.approver)
    throw new AppError('forbidden', `${caller.arn} may not decide approvals`, {
      remedy: 'set "approver": true for this principal in "access" of the settings and deploy again',
    });
  if (!gate.own && caller.arn === gate.runCallerArn)
    throw new AppError(
      'forbidden',
      `${caller.arn} started run ${gate.run}, and its team wants somebody else`,
      {
        remedy: 'ask another approver, or set approvals.own in the team file',
      },
    );
}

function requireFitting({ kind, id }: GateRow, { result, files, decision }: GateDecision): void {
  const isHandedIn = result !== undefined || files !== undefined;
  if (isHandedIn && kind !== 'task')
    throw new AppError('invalid_request', `${id} is an approval; "result" and "files" are for human tasks`);
  if (isHandedIn && decision === 'reject')
    throw new AppError('invalid_request', 'a task that is declined takes a comment, no result and no files');
}

async function requireUploaded(
  deps: RunDeps,
  project: string,
  { sha256, bytes }: { sha256: string; bytes: number },
): Promise<void> {
  const head = await deps.objects.head(uploadKey(project, sha256));
  if (head?.bytes === bytes && head.sha256 === sha256) return;
  throw new AppError('invalid_request', `the files ${sha256} were not uploaded to project "${project}"`, {
    remedy: 'put the archive where POST /uploads says first; muster task complete does both',
  });
}

function otherDigest(gate: GateRow, digest: string): AppError {
  return new AppError(
    'digest_mismatch',
    `you decided about ${digest}, but ${gate.id} is about ${gate.digest}; nothing was decided`,
    { remedy: `look at it again: muster approval show ${gate.id}` },
  );
}

function decidedBefore(gate: GateRow): AppError {
  const by = gate.decidedBy === undefined ? '' : ` by ${gate.decidedBy}`;
  return new AppError('approval_decided', `${gate.id} is ${gate.status}${by}; that cannot be changed`, {
    remedy: `what it led to is in: muster run show ${gate.run}`,
  });
}
