import type { GateKind, GateRow } from '#contracts/gate.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { tokenEntries, tokensOf, withToken } from '#core/jobs/tokens.ts';
import { changeGate } from './change-row.ts';
import { relayGate } from './relay-gate.ts';
import type { RunDeps } from './run-deps.ts';
import { gateWarnAtMs } from './run-indexes.ts';
import { say } from './say.ts';
import { noLongerWaits, waitFor } from './waits-for.ts';

export interface WantedGate {
  id: string;
  run: RunRow;
  cycle: number;
  kind: GateKind;
  action?: number;
  title: string;
  /** At most ten lines. */
  summary: string;
  digest: string;
  person?: string;
  token: string;
}

/**
 * The gate of this id, which tells this token when somebody has decided: made and announced where there is none,
 * told at once where it is decided. Nothing runs while it waits.
 */
export async function ensureGate(deps: RunDeps, wanted: WantedGate): Promise<GateRow> {
  const found = (await deps.runs.gates.get(wanted.id)) ?? (await create(deps, wanted));
  // Before the row is read for the last time: who decides after that sees that the run waits, and takes it back.
  if (found.status === 'PENDING') await waitFor(deps, found);
  const { row } = await changeGate(deps, found.id, (gate) =>
    gate.status !== 'PENDING' || tokensOf(gate).includes(wanted.token)
      ? undefined
      : withToken(gate, wanted.token),
  );
  if (row.status !== 'PENDING') {
    await noLongerWaits(deps, row);
    await deps.workflow.succeed(wanted.token, { approval: row.id, status: row.status });
  }
  return relayGate(deps, row);
}

async function create(deps: RunDeps, wanted: WantedGate): Promise<GateRow> {
  const { run, ...fields } = wanted;
  const nowMs = deps.clock.nowMs();
  const row: GateRow = {
    schemaVersion: 1,
    version: 1,
    ...fields,
    run: run.id,
    project: run.project,
    team: run.team,
    status: 'PENDING',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: nowMs + Math.round(run.approvals.expiresHours * 3_600_000),
    runCallerArn: run.callerArn,
    own: run.approvals.own,
    outbox: {
      announce: { kind: 'announce' },
      ...(run.callbackUrl === undefined ? {} : { webhook: { kind: 'webhook', url: run.callbackUrl } }),
    },
  };
  if (!(await deps.runs.gates.create(row))) return (await deps.runs.gates.get(row.id)) ?? row;
  const { action } = wanted;
  await say(deps, run.id, {
    type: 'approval',
    message: `Waits for a person: ${wanted.title} (muster approval show ${row.id})`,
    status: 'PENDING',
    ...(action === undefined ? {} : { action }),
  });
  return row;
}

/** What is decided, whoever decided it: the row first, then the waiting state is told. */
export function settleGate(
  gate: GateRow,
  status: Exclude<GateRow['status'], 'PENDING'>,
  nowMs: number,
  extra: Partial<GateRow> = {},
): GateRow {
  const { announce: _, ...outbox } = gate.outbox;
  return { ...gate, ...extra, status, decidedAtMs: nowMs, outbox: { ...outbox, ...tokenEntries(gate) } };
}

/** Its time is nearly over: counted once, so that somebody is told while there is time. */
export async function warnOfGate(deps: RunDeps, id: string): Promise<GateRow> {
  const { row, before } = await changeGate(deps, id, (gate, nowMs) =>
    gate.status === 'PENDING' && gate.warnedAtMs === undefined && gateWarnAtMs(gate) <= nowMs
      ? { ...gate, warnedAtMs: nowMs }
      : undefined,
  );
  if (row !== before) {
    deps.metrics.count('ApprovalsExpiring');
    deps.log.warn('approval about to expire', { gate: id, run: row.run });
  }
  return row;
}

/** Nobody has decided in time, which counts as no. */
export async function expireGate(deps: RunDeps, id: string): Promise<GateRow> {
  const { row, before } = await changeGate(deps, id, (gate, nowMs) =>
    gate.status === 'PENDING' && gate.expiresAtMs <= nowMs
      ? settleGate(gate, 'EXPIRED', nowMs, { comment: 'nobody decided in time' })
      : undefined,
  );
  if (row !== before) await afterDecision(deps, row);
  return relayGate(deps, row);
}

/** The run ends: nobody needs to decide any more. A gate that its cycle names may not have been made yet. */
export async function cancelGate(deps: RunDeps, id: string): Promise<void> {
  if (!(await deps.runs.gates.get(id))) return;
  const { row, before } = await changeGate(deps, id, (gate, nowMs) =>
    gate.status === 'PENDING'
      ? settleGate(gate, 'CANCELLED', nowMs, { comment: 'the run was stopped' })
      : undefined,
  );
  if (row !== before) await afterDecision(deps, row);
  await relayGate(deps, row);
}

export async function afterDecision(deps: RunDeps, gate: GateRow): Promise<void> {
  const by = gate.decidedBy === undefined ? '' : ` by ${gate.decidedBy}`;
  const comment = gate.comment === undefined ? '' : `: ${gate.comment}`;
  await say(deps, gate.run, {
    type: 'approval',
    message: `${gate.title}: ${gate.status.toLowerCase()}${by}${comment}`,
    status: gate.status,
    ...(gate.action === undefined ? {} : { action: gate.action }),
  });
}
