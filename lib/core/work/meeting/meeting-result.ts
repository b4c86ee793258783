import { limits } from '#contracts/limits.ts';
import type { Closing, MeetingResult, Spoken } from '#contracts/plan.ts';
import { toUsd } from '#contracts/usage.ts';
import { utf8Length } from '../utf8.ts';
import type { WorkOutcome } from '../work-outcome.ts';
import { type Decided, lastVotes, type Minutes, votesIn } from './minutes.ts';
import type { Meeting } from './open-meeting.ts';
import { shortenStatement } from './shorten-statement.ts';

type Made = Pick<
  MeetingResult,
  'outcome' | 'decision' | 'votes' | 'summary' | 'decisions' | 'actions' | 'positions' | 'wouldResolve'
>;

/** The meeting came to its end: what the moderator closed it with, under what was decided. */
export function toClosed(
  meeting: Meeting,
  minutes: Minutes,
  { decision, closing }: { decision: Decided; closing: Closing },
): WorkOutcome {
  const { summary, decisions, actions, positions, wouldResolve } = closing;
  return toDone(meeting, minutes, {
    ...(decision === 'deadlocked' ? { outcome: 'deadlocked' } : { outcome: 'converged', decision }),
    votes: votesIn(minutes, meeting.payload.rounds),
    summary,
    decisions,
    // Nothing is carried out that was not decided.
    actions: decision === 'go' ? actions : [],
    positions,
    ...(wouldResolve !== undefined && { wouldResolve }),
  });
}

/** The money ended before the meeting did: what was said so far. */
export function toBroke(meeting: Meeting, minutes: Minutes, when: string): WorkOutcome {
  return toDone(meeting, minutes, {
    outcome: 'out_of_budget',
    votes: lastVotes(minutes),
    summary: `The budget was used up ${when}. There is no plan; what was said until then is in the transcript.`,
    decisions: [],
    actions: [],
    positions: [],
  });
}

function toDone({ payload, seats }: Meeting, { spoken, silent }: Minutes, made: Made): WorkOutcome {
  const usages = seats.map(({ member, conversation }) => ({
    member,
    entries: conversation.transcript.usages(),
  }));
  const all = usages.flatMap(({ entries }) => entries);
  const offline = all.some((entry) => entry.offline);
  const document: MeetingResult = {
    meetingId: payload.meetingId,
    ...made,
    quorum: payload.quorum,
    spoken: [...spoken],
    ...(silent.length > 0 && { silent: [...silent] }),
    models: Object.fromEntries(
      usages.map(({ member, entries }) => [member.id, entries.at(-1)?.model ?? member.model]),
    ),
    costUsd: toUsd(all.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0)),
    ...(offline && { offline: true as const }),
  };
  return { kind: 'done', document: fit(document), offline };
}

/** In full, unless that would be too long to be read. */
function fit(document: MeetingResult): MeetingResult {
  let fitting = document;
  for (let characters = 32_000; sizeOf(fitting) > limits.resultBytes; characters /= 2) {
    const shorten = (said: Spoken) => shortenStatement(said, characters);
    fitting = { ...document, spoken: document.spoken.map(shorten) };
  }
  return fitting;
}

function sizeOf(document: MeetingResult): number {
  return utf8Length(JSON.stringify(document));
}
