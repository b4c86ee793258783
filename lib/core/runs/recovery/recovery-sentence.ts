import type { RecoveryRow } from '#contracts/recovery.ts';

/** What is known of the alarm, for people and for the next meeting. */
export function recoverySentence({ alarm, status, seen }: RecoveryRow): string {
  const is = seen ? `${seen.state}: ${seen.reason}` : 'nobody has looked at it';
  switch (status) {
    case 'RECOVERED':
      return `The alarm ${alarm} is over (${is})`;
    case 'NOT_RECOVERED':
      return `The alarm ${alarm} was not over in time (${is})`;
    case 'CANCELLED':
      return `Nobody waits for the alarm ${alarm} any more`;
    case 'WATCHING':
      return `The alarm ${alarm} is ${is}`;
    default:
      return status satisfies never;
  }
}
