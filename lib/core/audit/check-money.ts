import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { committed } from '#core/money/reserve.ts';
import { runPurse } from '#core/money/run-purse.ts';
import type { AuditOptions, AuditSnapshot, Finding, MonthRecord } from './audit-snapshot.ts';

/** Money: what was spent is in the ledger, nobody went over a cap, and months hold what their jobs hold. */
export function checkMoney(snapshot: AuditSnapshot, options: AuditOptions): Finding[] {
  return [
    ...snapshot.rows.flatMap((row) => checkJob(row, snapshot)),
    ...snapshot.months.flatMap((month) => checkMonth(month, snapshot, options)),
  ];
}

function checkJob(row: JobRow, { ledger }: AuditSnapshot): Finding[] {
  const findings: Finding[] = [];
  const say = (message: string) => findings.push({ invariant: 'money', subject: row.id, message });
  const open = new Set(row.reservations.map(({ key }) => key));
  // The ledger is written first: an entry whose reservation is still open is not in the row's sum yet.
  const settled = ledger.filter(({ jobId, key }) => jobId === row.id && !open.has(key));
  const sum = settled.reduce((total, { microUsd }) => total + microUsd, 0);
  if (sum !== row.spentMicroUsd) say(`spent ${row.spentMicroUsd}, and its ledger says ${sum}`);
  if (new Set(settled.map(({ key }) => key)).size !== settled.length) say('was charged twice for one call');
  if (committed(row) > row.budgetMicroUsd) say(`has committed ${committed(row)} of ${row.budgetMicroUsd}`);
  if (committed(row) > row.grantedMicroUsd)
    say(`has committed more than the ${row.grantedMicroUsd} granted to it`);
  return findings;
}

/**
 * An ended job keeps what it spent and what it may have spent. A reservation that is settled after that makes it
 * less than the month still counts, so the sum has a lower and an upper bound.
 */
function checkMonth(record: MonthRecord, snapshot: AuditSnapshot, { isSettled }: AuditOptions): Finding[] {
  const { project, month, committedMicroUsd, open } = record;
  const findings: Finding[] = [];
  const say = (message: string) =>
    findings.push({ invariant: 'money', subject: `${project} ${month}`, message });
  const jobs = snapshot.rows.filter((row) => isPaidFrom(row, record));
  if (committedMicroUsd > capOf(record, jobs, snapshot))
    say(`has committed ${committedMicroUsd}, more than its cap`);
  const least = sum(jobs, (row) => open.get(row.id) ?? (isTerminal(row.status) ? committed(row) : 0));
  const most = sum(jobs, (row) => open.get(row.id) ?? row.grantedMicroUsd);
  if (committedMicroUsd < least || committedMicroUsd > most)
    say(`has committed ${committedMicroUsd}; its jobs account for ${least} to ${most}`);
  const left = jobs.filter((row) => isTerminal(row.status) && open.has(row.id));
  if (isSettled && left.length > 0)
    say(`still has grants of ended jobs: ${left.map(({ id }) => id).join(', ')}`);
  return findings;
}

/** A run's purse is kept as a month is; a job of a run is paid from both. */
function isPaidFrom({ run, ...row }: JobRow, { project, month }: MonthRecord): boolean {
  if (run && runPurse(run.id).project === project) return runPurse(run.id).month === month && row.grants > 0;
  return row.project === project && row.grantMonth === month;
}

function capOf({ month }: MonthRecord, [job]: readonly JobRow[], snapshot: AuditSnapshot): number {
  if (month !== runPurse('').month) return snapshot.projectMonthMicroUsd;
  return job?.run?.budgetMicroUsd ?? Number.POSITIVE_INFINITY;
}

function sum(rows: readonly JobRow[], of: (row: JobRow) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}
