import { skipReasons } from '#contracts/schedule.ts';
import { scheduleFaultRates } from '../faults.ts';
import type { Totals } from '../totals.ts';

/** Each way that a tick may end, each thing that is done to a schedule, and clocks that are put forward and back. */
export function missingScheduleCoverage({ ends, faults }: Totals): string[] {
  const wanted = [
    'tick started',
    'tick missed',
    ...Object.keys(skipReasons).map((reason) => `tick skipped ${reason}`),
    ...['alarm started', 'alarm missed', 'alarm skipped superseded', 'alarm held', 'alarm started after'],
    'schedule active',
    'schedule paused',
    'schedule deleted',
    'clock put forward',
    'clock put back',
  ];
  const kinds = ['function.crash', 'port.reply-lost', 'port.sent-twice', 'lambda.doubled', 'lambda.late'];
  const ofAlarms = ['event.lost', 'event.doubled', 'event.late'];
  return [
    ...wanted.filter((name) => (ends[name] ?? 0) === 0),
    ...[...kinds, ...ofAlarms, ...Object.keys(scheduleFaultRates)].filter(
      (kind) => (faults[kind] ?? 0) === 0,
    ),
  ];
}
