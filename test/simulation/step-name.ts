import type { Actor } from './actor.ts';

/** Which step this process does; undefined for one that does something else. */
export function stepOf({ kind, name }: Actor): string | undefined {
  return kind === 'steps' ? /\(([A-Za-z]+) /.exec(name)?.[1] : undefined;
}

/** Which cycle this process closes, by the machine's last step or because its execution has ended. */
export function isClosing({ name }: Actor): number | undefined {
  const number = /\(close c(\d+)/.exec(name)?.[1] ?? /\(event run-[0-9a-f]{16}-c(\d+)\)/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}
