import type { CycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import { gatesOf } from './halt-run.ts';
import { shorten } from './payloads/quote.ts';
import type { RunDeps } from './run-deps.ts';

/** Of one answer: a task takes many more, which those who need them all get as what it has handed over. */
const handedInCharacters = 1_500;

/** A line for each question of the cycle that a person has answered with words, comment or result. */
export async function whatPeopleSaid(deps: Pick<RunDeps, 'runs'>, cycle: CycleRow): Promise<string[]> {
  const gates = await Promise.all(gatesOf(cycle).map((id) => deps.runs.gates.get(id)));
  return gates.flatMap((gate) => (gate && gate.status !== 'PENDING' ? lineOf(gate) : []));
}

function lineOf({ title, status, comment, result }: GateRow): string[] {
  const handedIn = result === undefined ? undefined : `Handed in: ${shorten(result, handedInCharacters)}`;
  const words = [comment, handedIn].filter((each) => each !== undefined);
  return words.length === 0 ? [] : [`${title} ${status}: ${words.join(' ')}`];
}
