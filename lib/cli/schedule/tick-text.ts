import { skipReasons, type TickView } from '#contracts/schedule.ts';
import { printableLine } from '../printable.ts';

/** How a tick ended, or where it is, in one line. */
export function tickText({ outcome, run, job, reason, says, count, from }: TickView): string {
  const several = count === undefined ? '' : ` ${count} times since ${from}`;
  const why = reason === undefined ? undefined : skipReasons[reason];
  const what = [run ?? job, why, says && printableLine(says)].filter((part) => part !== undefined).join('; ');
  return `${outcome}${several}${what === '' ? '' : `: ${what}`}`;
}
