import type { GateRow, GateView } from '#contracts/gate.ts';
import { onExpiry } from './announcement.ts';

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The row as clients see it: without the token. */
export function toGateView(gate: GateRow): GateView {
  const { id, run, cycle, project, team, kind, title, summary, digest, status } = gate;
  return {
    id,
    run,
    cycle,
    project,
    team,
    kind,
    ...(gate.action === undefined ? {} : { action: gate.action }),
    title,
    summary,
    digest,
    ...(gate.person === undefined ? {} : { person: gate.person }),
    status,
    createdAt: iso(gate.createdAtMs),
    expiresAt: iso(gate.expiresAtMs),
    onExpiry: onExpiry[kind],
    ...(gate.decidedAtMs === undefined ? {} : { decidedAt: iso(gate.decidedAtMs) }),
    ...(gate.decidedBy === undefined ? {} : { decidedBy: gate.decidedBy }),
    ...(gate.comment === undefined ? {} : { comment: gate.comment }),
    ...(gate.result === undefined ? {} : { result: gate.result }),
    ...(gate.files === undefined ? {} : { files: gate.files }),
  };
}
