import { type Lane, lanes } from '#contracts/lanes.ts';
import type { Deps } from '#core/ports/core-deps.ts';

/** The same of one lane, whose switch is pulled with all others: what a worker's call has to know. */
export async function isLaneStopped({ slots }: Deps<'slots'>, lane: Lane): Promise<boolean> {
  return (await slots.read(lane)).stopped !== undefined;
}

/** Somebody has pulled the kill switch, and nobody has taken it back. */
export async function isStopped({ slots }: Deps<'slots'>): Promise<boolean> {
  const states = await Promise.all(lanes.map((lane) => slots.read(lane)));
  return states.some(({ stopped }) => stopped !== undefined);
}
