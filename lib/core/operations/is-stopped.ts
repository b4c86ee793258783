import { lanes } from '#contracts/lanes.ts';
import type { Deps } from '#core/ports/core-deps.ts';

/** Somebody has pulled the kill switch, and nobody has taken it back. */
export async function isStopped({ slots }: Deps<'slots'>): Promise<boolean> {
  const states = await Promise.all(lanes.map((lane) => slots.read(lane)));
  return states.some(({ stopped }) => stopped !== undefined);
}
