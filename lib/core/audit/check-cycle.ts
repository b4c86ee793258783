import type { ActionState, CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { endedActionStatuses } from '#contracts/run-states.ts';
import { actionGateId, cycleGateId } from '#core/runs/ids.ts';
import type { AuditSnapshot, Finding, RunRecords } from './audit-snapshot.ts';

/** What a cycle's row says of its actions: each begun when it might, once a revision, and ended for good. */
export function checkCycle(
  run: RunRow,
  cycle: CycleRow,
  { rows }: AuditSnapshot,
  records: RunRecords,
): Finding[] {
  const findings = cycle.actions.flatMap((action) => [
    ...checkEnd(cycle, action),
    ...checkJobs(cycle, action),
    ...checkDependencies(cycle, action),
    ...checkApprovals(run, cycle, action, records),
  ]);
  const stray = rows.find(
    (row) => row.run?.id === run.id && row.run.cycle === cycle.cycle && !names(cycle, row.id),
  );
  if (!stray) return findings;
  return [
    ...findings,
    { invariant: 'cycle', subject: stray.id, message: 'is a job that its cycle does not know' },
  ];
}

function names({ planningJob, reviewJob, actions }: CycleRow, id: string): boolean {
  return planningJob === id || reviewJob === id || actions.some(({ jobs }) => jobs.includes(id));
}

function subjectOf({ run, cycle }: CycleRow, { id }: ActionState): string {
  return `${run}-c${cycle}-a${id}`;
}

function checkEnd(cycle: CycleRow, action: ActionState): Finding[] {
  const say = (message: string): Finding[] => [
    { invariant: 'action', subject: subjectOf(cycle, action), message },
  ];
  const { status, endedAtMs, reason } = action;
  const hasEnded = (endedActionStatuses as readonly string[]).includes(status);
  if (hasEnded !== (endedAtMs !== undefined)) return say(`is ${status} and ended at ${endedAtMs}`);
  if (hasEnded && reason === undefined) return say(`ended ${status} without saying why`);
  return cycle.end !== undefined && !hasEnded ? say(`is ${status} in a cycle that ended ${cycle.end}`) : [];
}

function checkJobs(cycle: CycleRow, action: ActionState): Finding[] {
  const { jobs, revision } = action;
  const done = jobs.filter((id) => id.endsWith('-do'));
  const isOnce = new Set(jobs).size === jobs.length && done.length <= revision + 1;
  const message = `was worked on by ${jobs.join(', ')} up to revision ${revision}`;
  return isOnce ? [] : [{ invariant: 'action', subject: subjectOf(cycle, action), message }];
}

function checkDependencies(cycle: CycleRow, action: ActionState): Finding[] {
  if (action.jobs.length === 0) return [];
  const open = cycle.actions.find(({ id, status }) => action.dependsOn.includes(id) && status !== 'DONE');
  if (!open) return [];
  const message = `was begun, and action ${open.id} is ${open.status}`;
  return [{ invariant: 'dependents', subject: subjectOf(cycle, action), message }];
}

function checkApprovals(run: RunRow, cycle: CycleRow, action: ActionState, { gates }: RunRecords): Finding[] {
  if (action.jobs.length === 0) return [];
  const at = { run: run.id, cycle: cycle.cycle, action: action.id, revision: 0 };
  const wanted = [
    ...(run.approvals.plan ? [cycleGateId(run.id, cycle.cycle, 'plan')] : []),
    ...(run.approvals.kinds.includes(action.kind) ? [actionGateId(at, 'action')] : []),
  ];
  return wanted.flatMap((id) => {
    const gate = gates.find((each) => each.id === id);
    const isSame = gate?.kind !== 'plan' || gate.digest === cycle.plan?.sha256;
    if (gate?.status === 'APPROVED' && isSame) return [];
    const message = `was begun, and ${id} is ${gate?.status ?? 'not there'}${isSame ? '' : ', about another plan'}`;
    return [{ invariant: 'approval' as const, subject: subjectOf(cycle, action), message }];
  });
}
