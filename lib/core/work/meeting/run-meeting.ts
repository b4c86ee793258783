import type { MeetingPayload } from '#contracts/plan.ts';
import { settleLeft } from '../settle-left.ts';
import type { WorkContext, WorkOutcome } from '../work-outcome.ts';
import { closeMeeting } from './close-meeting.ts';
import { holdRound } from './hold-round.ts';
import { toBroke, toClosed } from './meeting-result.ts';
import { addMinutes, type Decided, decide, type Minutes, noMinutes, votesIn } from './minutes.ts';
import { type Meeting, openMeeting } from './open-meeting.ts';

const sliced: WorkOutcome = { kind: 'interrupted', reason: 'time slice' };

/**
 * The planning conversation of a cycle: rounds in which the members speak side by side, a decision by count, and
 * the moderator's plan. All of it follows from the members' transcripts, so a later attempt asks only for what
 * nobody has answered yet.
 */
export async function runMeeting(payload: MeetingPayload, context: WorkContext): Promise<WorkOutcome> {
  const meeting = await openMeeting(payload, context);
  try {
    return await hold(meeting);
  } catch (error) {
    const conversations = meeting.seats.map(({ conversation }) => conversation);
    await settleLeft(conversations, context);
    throw error;
  }
}

async function hold(meeting: Meeting): Promise<WorkOutcome> {
  const { payload, context } = meeting;
  sayBegin(meeting);
  let minutes = noMinutes;
  for (let round = 1; round <= payload.rounds; round++) {
    const { stops, ...more } = await holdRound(meeting, round, minutes);
    minutes = addMinutes(minutes, more);
    noteSilent(context, more);
    if (stops === 'sliced') return sliced;
    if (stops) return toBroke(meeting, minutes, `in round ${round}`);
  }
  const votes = votesIn(minutes, payload.rounds);
  const decision = decide(votes, payload);
  noteVotes(context, votes, decision, payload.quorum);
  const closing = await closeMeeting(meeting, minutes, decision);
  if (closing === 'sliced') return sliced;
  if (closing === 'out_of_budget') return toBroke(meeting, minutes, 'before the moderator could close');
  note(context, `Closed with ${count(closing.actions.length, 'action')}: ${closing.summary}`);
  return toClosed(meeting, minutes, { decision, closing });
}

function sayBegin({ seats, context, payload }: Meeting): void {
  const isBegun = seats.some(({ conversation }) => conversation.transcript.turns() > 0);
  const message = `${isBegun ? 'Going on with' : 'Opening'} the meeting of ${count(payload.members.length, 'member')}`;
  context.events.say({ type: 'started', message });
}

function noteSilent(context: WorkContext, { silent }: Minutes): void {
  for (const { agent, round, because } of silent)
    note(context, `${agent} is not heard in round ${round}: ${because}`);
}

function noteVotes(
  context: WorkContext,
  votes: readonly { agent: string; vote: string }[],
  decision: Decided,
  quorum: number,
): void {
  const list = votes.map(({ agent, vote }) => `${agent} ${vote}`).join(', ') || 'nobody voted';
  note(context, `Votes (quorum ${quorum}): ${list}. Decision: ${decision}`);
}

function note({ events }: WorkContext, message: string): void {
  events.say({ type: 'note', message: message.slice(0, 4_000) });
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? '' : 's'}`;
}
