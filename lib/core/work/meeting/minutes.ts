import type { MeetingPayload, MeetingResult, Spoken, Vote } from '#contracts/plan.ts';

export type Silence = NonNullable<MeetingResult['silent']>[number];

/** What was said so far, in the order of rounds and members. */
export interface Minutes {
  spoken: readonly Spoken[];
  silent: readonly Silence[];
}

export const noMinutes: Minutes = { spoken: [], silent: [] };

export function addMinutes(before: Minutes, more: Minutes): Minutes {
  return { spoken: [...before.spoken, ...more.spoken], silent: [...before.silent, ...more.silent] };
}

export type Decided = Vote | 'deadlocked';

/** The votes of a round. Who was silent in it has none. */
export function votesIn({ spoken }: Minutes, round: number): MeetingResult['votes'] {
  return spoken
    .filter((one) => one.round === round)
    .map(({ agent, vote, voteReason }) => ({ agent, vote, reason: voteReason }));
}

/** The last vote that each member has given. */
export function lastVotes({ spoken }: Minutes): MeetingResult['votes'] {
  const last = new Map(spoken.map((one) => [one.agent, one]));
  return [...last.values()].map(({ agent, vote, voteReason }) => ({ agent, vote, reason: voteReason }));
}

/** By count alone: whoever has the quorum first, go before no_go. */
export function decide(
  votes: readonly { vote: Vote }[],
  { quorum }: Pick<MeetingPayload, 'quorum'>,
): Decided {
  const count = (wanted: Vote) => votes.filter(({ vote }) => vote === wanted).length;
  if (count('go') >= quorum) return 'go';
  return count('no_go') >= quorum ? 'no_go' : 'deadlocked';
}
