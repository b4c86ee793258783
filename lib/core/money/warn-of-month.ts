import { budgetDefaults } from '#contracts/limits.ts';
import { toUsd } from '#contracts/usage.ts';
import type { Deps, RunPorts } from '#core/ports/core-deps.ts';

type WarnDeps = Deps<'months' | 'settings' | 'log' | 'clock'> & Pick<RunPorts, 'announcer'>;

/**
 * Tells people, once a month, that a project comes near its limit. Where that cannot be done now the month stays due.
 * SNS cannot be told twice without sending twice, so it is claimed first; whoever dies after the mail has left and
 * before that is written down is the one case in which it comes again: a warning too many beats one too few.
 *
 *   A: reads due 9:00, writes due 9:05     B: reads due 9:00, writes: refused
 *   A: sends                               B: reads due 9:05 in an index that lags: not yet
 *   A: writes not due
 *
 * @param id `<project>#<month>`
 */
export async function warnOfMonth(deps: WarnDeps, id: string): Promise<void> {
  const at = id.lastIndexOf('#');
  const [project, month] = [id.slice(0, at), id.slice(at + 1)];
  const found = await deps.months.read(project, month);
  const nowMs = deps.clock.nowMs();
  if (found?.tellAtMs === undefined || found.tellAtMs > nowMs || !deps.announcer) return;
  const untilMs = nowMs + budgetDefaults.warnLeaseSeconds * 1000;
  if (!(await deps.months.claimTelling(project, month, found.tellAtMs, untilMs))) return;
  const committedUsd = toUsd(found.committedMicroUsd);
  const limitUsd = toUsd(deps.settings.projectMonthMicroUsd);
  const { subject, text } = monthWarning({ project, month, committedUsd, limitUsd });
  await deps.announcer.announce(subject, text);
  deps.log.warn('month near its limit', { project, month, committedUsd, limitUsd });
  await deps.months.warned(project, month);
}

interface MonthSpending {
  project: string;
  month: string;
  committedUsd: number;
  limitUsd: number;
}

function monthWarning({ project, month, committedUsd, limitUsd }: MonthSpending) {
  const share = `${Math.round(budgetDefaults.warnShare * 100)} %`;
  const lines = [
    `The project ${project} has committed ${share} of what it may spend on models in ${month} (UTC).`,
    '',
    `Committed now: ${committedUsd.toFixed(2)} of ${limitUsd.toFixed(2)} USD. Committed is what was spent, and what is`,
    'set aside for calls that may still be made. At the limit, calls are refused and jobs end budget_exceeded.',
    '',
    `What it went to:  muster usage --project ${project} --by run   (or --by agent, --by model)`,
    'Stop one run:     muster run stop RUN',
    'Stop everything:  muster stop-all',
    'Raise the limit:  the setting projectMonthBudgetUsd, then deploy',
  ];
  return {
    subject: `Muster: ${project} has committed ${share} of its ${month} budget`.slice(0, 100),
    text: lines.join('\n'),
  };
}
