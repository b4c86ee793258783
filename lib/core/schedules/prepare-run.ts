import type { AlarmFacts } from '#contracts/alarm-event.ts';
import type { Given } from '#contracts/given.ts';
import { limits } from '#contracts/limits.ts';
import type { PendingTick, ScheduleRow, ScheduleStarts } from '#contracts/schedule.ts';
import type { TeamFile } from '#contracts/team.ts';
import { fillPlaceholders } from '#core/teams/placeholders.ts';
import { valuesOfWorkflow } from '#core/teams/render-objective.ts';

export type ScheduledRun = NonNullable<ScheduleStarts['run']>;

/** What stands for names that only a tick knows, by name. */
export type TickValues = Readonly<Record<string, string>>;

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
