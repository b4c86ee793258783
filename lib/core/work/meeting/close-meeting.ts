import { AppError } from '#contracts/errors.ts';
import type { Closing } from '#contracts/plan.ts';
import { describeFault, repairsMax } from '../ask-with-tool.ts';
import { type Heard, hear } from './hear.ts';
import { noteRepair } from './hold-round.ts';
import { renderClosing } from './meeting-prompt.ts';
import { closeTool } from './meeting-tools.ts';
import { type Decided, type Minutes, votesIn } from './minutes.ts';
import type { Meeting } from './open-meeting.ts';
import { readClosing } from './read-answers.ts';

/**
 * The moderator's summary, decisions and plan, which are what was decided by count.
 *
 * @throws AppError `plan_invalid` with all faults where repairs do not help, `provider_refused`
 */
export async function closeMeeting(
  meeting: Meeting,
  minutes: Minutes,
  decision: Decided,
): Promise<Closing | 'sliced' | 'out_of_budget'> {
  const { payload, context } = meeting;
  const seat = meeting.seats.find(({ isModerator }) => isModerator);
  if (!seat) throw noModerator(payload.moderator);
  const { member } = seat;
  const votes = votesIn(minutes, payload.rounds);
  const heard = await hear(meeting, seat, {
    number: member.speaks ? payload.rounds : 0,
    render: () => renderClosing(payload, member, minutes, { decision, votes }),
    question: {
      tool: closeTool,
      read: (input) => readClosing(input, decision, payload),
      accepted: 'The meeting is closed.',
      onFaults: (faults) => noteRepair(context, `${member.id} (closing)`, faults),
    },
  });
  return toClosing(heard, member.id);
}

function toClosing(heard: Heard<Closing>, moderator: string): Closing | 'sliced' | 'out_of_budget' {
  switch (heard.kind) {
    case 'given':
      return heard.value;
    case 'sliced':
    case 'out_of_budget':
      return heard.kind;
    case 'faulty': {
      const list = heard.faults.map(describeFault).join('; ');
      const message = `The moderator ${moderator} left no valid plan after ${repairsMax} repairs: ${list}`;
      const remedy = 'Give the team a stronger moderator, or a simpler objective, and start again';
      throw new AppError('plan_invalid', message, { faults: [...heard.faults], remedy });
    }
    case 'refused':
    case 'gone':
      throw new AppError('provider_refused', `The moderator ${moderator} did not close: ${heard.reason}`, {
        remedy: 'Ask differently, or choose another model for it',
      });
    default:
      return heard satisfies never;
  }
}

function noModerator(moderator: string): AppError {
  return new AppError('invalid_request', `The moderator "${moderator}" is not among the members`);
}
