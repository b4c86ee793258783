import type { AlarmFacts } from '#contracts/alarm-event.ts';
import { AppError } from '#contracts/errors.ts';
import type { Given } from '#contracts/given.ts';
import { limits } from '#contracts/limits.ts';
import type { PendingTick, ScheduleRow, ScheduleStarts } from '#contracts/schedule.ts';
import type { TeamFile } from '#contracts/team.ts';
import { toUsd } from '#contracts/usage.ts';
import { requireTeam } from '#core/runs/start-run.ts';
import { fillPlaceholders } from '#core/teams/placeholders.ts';
import { valuesOfWorkflow } from '#core/teams/render-objective.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { reportSpending, type SpendingReport } from './spending-table.ts';

export type ScheduledRun = NonNullable<ScheduleStarts['run']>;

/** What stands for names that only a tick knows, by name. */
export type TickValues = Readonly<Record<string, string>>;

/**
 * What a tick starts, and what the run is told beside its objective.
 *
 * @throws AppError where its team is gone, or what it is to be told cannot be had: a run that is to look at figures
 *   and has none would only cost money. What may pass is tried again with the tick.
 */
export async function prepareRun(
  deps: ScheduleDeps,
  row: ScheduleRow,
  tick: Pick<PendingTick, 'alarm'>,
  run: ScheduledRun,
): Promise<{ body: ScheduledRun; given: Given[] }> {
  const { document } = await requireTeam(deps, run.team);
  const spent = row.starts.with === 'spending' ? await readSpending(deps, run) : undefined;
  const values = { ...alarmValues(row, tick), ...spent?.values };
  const given = [...(tick.alarm ? [toGivenAlarm(tick.alarm)] : []), ...(spent ? [spent.given] : [])];
  return { body: fillRun(document.team, run, values), given };
}

async function readSpending(
  { spending, clock, settings }: ScheduleDeps,
  { workflow }: ScheduledRun,
): Promise<SpendingReport> {
  if (!spending) throw new AppError('not_supported_yet', 'nobody may ask for the bill here');
  const limit = Number(workflow?.values.limitUsd);
  const limitUsd = limit > 0 ? limit : toUsd(settings.projectMonthMicroUsd);
  try {
    return await reportSpending(spending, clock.nowMs(), limitUsd);
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    const { code, retryable, message } = cause;
    throw new AppError(code, `what AWS has cost could not be read: ${message}`, { cause, retryable });
  }
}

/**
 * The run with what its tick knows: values of its workflow that the schedule left open, and the alarm that has to be
 * over, where it is written as `{{alarm}}`. What the schedule says itself stays.
 */
export function fillRun(team: TeamFile, run: ScheduledRun, values: TickValues): ScheduledRun {
  const { workflow, recovery } = run;
  const found = team.workflows.find(({ id }) => id === workflow?.id);
  const wanted = found ? valuesOfWorkflow(found) : [];
  const open = Object.entries(values).filter(
    ([name]) => wanted.includes(name) && !Object.hasOwn(workflow?.values ?? {}, name),
  );
  return {
    ...run,
    ...(workflow
      ? { workflow: { ...workflow, values: { ...workflow.values, ...Object.fromEntries(open) } } }
      : {}),
    ...(recovery
      ? {
          recovery: {
            ...recovery,
            alarm: fillPlaceholders(recovery.alarm, (name) => values[name] ?? `{{${name}}}`),
          },
        }
      : {}),
  };
}

/** Outside of the alarm's own ticks its name is all that is known. */
export function alarmValues(
  { when }: Pick<ScheduleRow, 'when'>,
  tick?: Pick<PendingTick, 'alarm'>,
): TickValues {
  const name = tick?.alarm?.name ?? when.alarm;
  return name === undefined ? {} : { alarm: name };
}

export function toGivenAlarm({ name, sinceMs, reason, metric, threshold }: AlarmFacts): Given {
  const lines = [
    `Alarm: ${name}`,
    `Since: ${new Date(sinceMs).toISOString()}`,
    ...(metric === undefined ? [] : [`Metric: ${metric}`]),
    ...(threshold === undefined ? [] : [`Threshold: ${threshold}`]),
    `Reason: ${reason}`,
  ];
  return { kind: 'alarm', text: lines.join('\n').slice(0, limits.givenCharacters) };
}
