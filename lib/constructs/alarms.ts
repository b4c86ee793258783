import type { Settings } from '#contracts/settings.ts';
import { type AlarmRow, happened } from './alarm-row.ts';
import { prodAlarmRows } from './prod-alarms.ts';

/** Ten alarms are free in an account: `dev` has no more than these ten. */
export function alarmRows(settings: Settings): readonly AlarmRow[] {
  const rows = [...failureRows, ...waitingRows, spendingRow(settings), deniedRow];
  return settings.profile === 'prod' ? [...rows, ...prodAlarmRows] : rows;
}

const failureRows: readonly AlarmRow[] = [
  {
    ...happened,
    id: 'DeadLetters',
    metric: { kind: 'deadLetters' },
    statistic: 'Maximum',
    threshold: 1,
    severity: 'critical',
    says: 'The dispatcher failed five times on the same message.',
    means: 'No job is lost, for messages are only wake-ups; but something keeps workers from being started.',
    command: 'npx muster job list --status QUEUED',
    runbook: 'docs/runbooks/dead-letters.md',
  },
  {
    ...happened,
    id: 'ReconcilerSilent',
    metric: { kind: 'custom', name: 'ReconcilerRuns' },
    threshold: 1,
    comparison: 'below',
    whenMissing: 'bad',
    severity: 'critical',
    says: 'No pass of the reconciler has finished for five minutes.',
    means: 'Dead workers are not noticed, back-offs do not end, and lost messages are not sent again.',
    command: 'npx muster doctor --aws',
    runbook: 'docs/runbooks/reconciler-silent.md',
  },
  {
    ...happened,
    id: 'StartFailures',
    metric: { kind: 'custom', name: 'StartFailures' },
    threshold: 3,
    periodMinutes: 15,
    severity: 'critical',
    says: 'Three workers within a quarter of an hour could not be started.',
    means: 'The image, the network or a role is wrong: the next workers will not start either.',
    command: 'npx muster job list --status FAILED --limit 5',
    runbook: 'docs/runbooks/start-failures.md',
  },
  {
    ...happened,
    id: 'WorkersDying',
    metric: { kind: 'custom', name: 'AttemptsLost' },
    threshold: 3,
    periodMinutes: 15,
    severity: 'warning',
    says: 'Three workers within a quarter of an hour died or stopped answering.',
    means: 'Their jobs are tried again while attempts are left, and pay for their models twice.',
    command: 'npx muster job list --limit 20',
    runbook: 'docs/runbooks/workers-dying.md',
  },
  {
    ...happened,
    id: 'JobsFailing',
    metric: { kind: 'custom', name: 'JobsFailed' },
    threshold: 5,
    periodMinutes: 15,
    severity: 'warning',
    says: 'Five jobs within a quarter of an hour used up their attempts or their time.',
    means: 'Mostly one cause: a provider, a key, or a budget.',
    command: 'npx muster job list --status FAILED',
    runbook: 'docs/runbooks/jobs-failing.md',
  },
  {
    ...happened,
    id: 'ExecutionsFailed',
    metric: { kind: 'executions', name: 'ExecutionsFailed' },
    threshold: 1,
    severity: 'warning',
    says: 'A cycle of a run ended in failure.',
    means: 'Its actions failed, its meeting was stuck, or its budget was used up; its run may go on or not.',
    command: 'npx muster run list --status FAILED',
    runbook: 'docs/runbooks/executions-failed.md',
  },
];

const waitingRows: readonly AlarmRow[] = [
  {
    ...happened,
    id: 'QueueStuck',
    metric: { kind: 'custom', name: 'OldestQueuedSeconds' },
    statistic: 'Maximum',
    unit: 'seconds',
    threshold: 1_800,
    periods: 3,
    severity: 'warning',
    says: 'A job has been waiting for a worker for more than half an hour.',
    means: 'Every slot is taken, AWS has no capacity, or everything was stopped.',
    command: 'npx muster status',
    runbook: 'docs/runbooks/queue-stuck.md',
  },
  {
    ...happened,
    id: 'ApprovalExpiring',
    metric: { kind: 'custom', name: 'ApprovalsExpiring' },
    threshold: 1,
    severity: 'warning',
    says: 'The time of an approval or a human task is nearly over.',
    means: 'When nobody decides it counts as no: the plan or the action is not carried out.',
    command: 'npx muster approval list',
    runbook: 'docs/runbooks/approval-expiring.md',
  },
];

function spendingRow(settings: Settings): AlarmRow {
  return {
    ...happened,
    id: 'SpendingFast',
    metric: { kind: 'custom', name: 'SpentUsd' },
    unit: 'USD',
    threshold: settings.projectMonthBudgetUsd / 10,
    periodMinutes: 60,
    severity: 'warning',
    says: "Models cost a tenth of a project's monthly budget within one hour.",
    means: 'At this rate the month is used up before the day is over; then jobs are refused.',
    command: 'npx muster usage --by job',
    runbook: 'docs/runbooks/spending-fast.md',
  };
}

const deniedRow: AlarmRow = {
  ...happened,
  id: 'CallsDenied',
  metric: { kind: 'custom', name: 'DeniedCalls' },
  threshold: 20,
  severity: 'warning',
  says: 'Twenty calls within five minutes were refused.',
  means: 'Somebody tries doors, or a client has the wrong role.',
  command: 'npx muster status',
  runbook: 'docs/runbooks/calls-denied.md',
};
