import { skipReasons } from '#contracts/schedule.ts';
import { scheduleFaultRates } from '../faults.ts';
import type { Totals } from '../totals.ts';

/** What only alarms bring about: schedules of the simulation tick by the clock. */
const ofAlarms = ['cooldown'];

/** Each way that a tick of the clock may end, each thing that is done to a schedule, and clocks that are put forward and back. */
export function missingScheduleCoverage({ ends, faults }: Totals): string[] {
  const wanted = [
    'tick started',
    'tick missed',
    ...Object.keys(skipReasons)
      .filter((reason) => !ofAlarms.includes(reason))
      .map((reason) => `tick skipped ${reason}`),
    'schedule active',
    'schedule paused',
    'schedule deleted',
    'clock put forward',
    'clock put back',
  ];
  const kinds = ['function.crash', 'port.reply-lost', 'port.sent-twice', 'lambda.doubled', 'lambda.late'];
  return [
    ...wanted.filter((name) => (ends[name] ?? 0) === 0),
    ...[...kinds, ...Object.keys(scheduleFaultRates)].filter((kind) => (faults[kind] ?? 0) === 0),
  ];
}
