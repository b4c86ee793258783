import type { GateStatus } from '#contracts/gate.ts';
import type { Verdict } from '#contracts/review.ts';
import { type ActionStatus, type CycleEnd, cycleEnds } from '#contracts/run-states.ts';
import type { Tone } from './html.ts';

export function toneOfEnd(end: CycleEnd): Tone {
  if (end === 'Done') return 'good';
  return cycleEnds[end].good ? 'plain' : 'bad';
}

export function toneOfAction(status: ActionStatus): Tone {
  if (status === 'DONE') return 'good';
  if (status === 'FAILED' || status === 'UNPROVEN') return 'bad';
  return status === 'CARRIED' || status === 'SKIPPED' || status === 'STOPPED' ? 'plain' : 'open';
}

export function toneOfVerdict(verdict: Verdict): Tone {
  if (verdict === 'met') return 'good';
  return verdict === 'not_met' ? 'bad' : 'open';
}

export function toneOfGate(status: GateStatus): Tone {
  if (status === 'APPROVED') return 'good';
  if (status === 'REJECTED') return 'bad';
  return status === 'PENDING' ? 'open' : 'plain';
}

/** As people read it: `not_met` is "not met". */
export function plain(word: string): string {
  return word.replaceAll('_', ' ');
}
