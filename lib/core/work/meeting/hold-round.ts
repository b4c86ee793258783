import type { FieldFault } from '#contracts/errors.ts';
import type { Statement } from '#contracts/plan.ts';
import { allOrFirstFault } from '../all-or-first-fault.ts';
import { describeFault, repairsMax } from '../ask-with-tool.ts';
import type { WorkContext } from '../work-outcome.ts';
import { type Heard, hear } from './hear.ts';
import { renderRound } from './meeting-prompt.ts';
import { speakTool } from './meeting-tools.ts';
import type { Minutes } from './minutes.ts';
import type { Meeting, Seat } from './open-meeting.ts';
import { readStatement } from './read-answers.ts';

export interface Round extends Minutes {
  /** Why the meeting cannot go on after it. */
  stops?: 'sliced' | 'out_of_budget';
}

/** All members speak side by side, each knowing what was said before this round. */
export async function holdRound(meeting: Meeting, round: number, before: Minutes): Promise<Round> {
  const heard = new Map<Seat, Heard<Statement>>();
  let waiting = meeting.seats.filter(({ member }) => member.speaks);
  for (;;) {
    const turns = turnsOf(meeting);
    const answers = await allOrFirstFault(waiting.map((seat) => speak(meeting, seat, round, before)));
    for (const [index, seat] of waiting.entries()) heard.set(seat, answers[index] as Heard<Statement>);
    const refused = waiting.filter((seat) => heard.get(seat)?.kind === 'out_of_budget');
    // What the others had put aside is settled now, so there may be enough for fewer of them at once.
    if (refused.length === 0 || turnsOf(meeting) === turns) return toRound(heard, round);
    waiting = refused;
  }
}

function turnsOf({ seats }: Meeting): number {
  return seats.reduce((sum, { conversation }) => sum + conversation.transcript.turns(), 0);
}

function speak(meeting: Meeting, seat: Seat, round: number, before: Minutes): Promise<Heard<Statement>> {
  const { payload, context } = meeting;
  const { member } = seat;
  return hear(meeting, seat, {
    number: round - 1,
    render: () => renderRound(payload, member, round, before),
    question: {
      tool: speakTool,
      read: (input) => readStatement(input, member.id === payload.critic),
      accepted: 'Noted.',
      onFaults: (faults) => noteRepair(context, `${member.id} (round ${round})`, faults),
    },
    onGiven: ({ statement, vote }) =>
      context.events.say({ type: 'said', agent: member.id, round, text: statement, vote }),
  });
}

export function noteRepair({ events }: WorkContext, who: string, faults: readonly FieldFault[]): void {
  const what = faults.slice(0, 5).map(describeFault).join('; ');
  const more = faults.length > 5 ? ` and ${faults.length - 5} more` : '';
  events.say({ type: 'note', message: `${who} gave no valid answer: ${what}${more}`.slice(0, 4_000) });
}

function toRound(heard: ReadonlyMap<Seat, Heard<Statement>>, round: number): Round {
  const spoken: Round['spoken'][number][] = [];
  const silent: Round['silent'][number][] = [];
  const kinds = new Set<Heard<Statement>['kind']>();
  for (const [{ member }, answer] of heard) {
    kinds.add(answer.kind);
    if (answer.kind === 'given') spoken.push({ ...answer.value, agent: member.id, round });
    const because = reasonOf(answer);
    if (because !== undefined) silent.push({ agent: member.id, round, because: because.slice(0, 1_000) });
  }
  const stops = kinds.has('out_of_budget') ? 'out_of_budget' : kinds.has('sliced') ? 'sliced' : undefined;
  return { spoken, silent, ...(stops && { stops }) };
}

function reasonOf(answer: Heard<Statement>): string | undefined {
  switch (answer.kind) {
    case 'given':
    case 'sliced':
    case 'out_of_budget':
      return undefined;
    case 'faulty':
      return `no valid answer in ${repairsMax + 1} turns: ${answer.faults.map(describeFault).join('; ')}`;
    case 'refused':
    case 'gone':
      return answer.reason;
    default:
      return answer satisfies never;
  }
}
