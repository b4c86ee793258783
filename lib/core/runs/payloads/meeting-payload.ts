import type { MeetingPayload } from '#contracts/plan.ts';
import { renderPrompt } from '#core/teams/render-prompt.ts';
import { partiesOf } from '#core/teams/task-matrix.ts';
import { modelOf, type Place, requireAgent } from '../place.ts';

/** More than half of those who vote. */
function majorityOf(members: readonly string[]): number {
  return Math.floor(members.length / 2) + 1;
}

/** All that the meeting's worker needs to know, in one document. */
export function toMeetingPayload({ run, cycle, document, team }: Place, briefing: string): MeetingPayload {
  const { moderator, members, critic, rounds, quorum, actions } = team.planning;
  const everybody = [...new Set([moderator, ...members])];
  return {
    meetingId: cycle.meetingId,
    objective: run.objective,
    briefing,
    moderator,
    ...(critic === undefined ? {} : { critic }),
    members: everybody.map((id) => {
      const agent = requireAgent(team, id);
      const { title, maxTokens, effort, responseCache } = agent;
      return {
        id,
        title,
        system: renderPrompt(document, id),
        model: modelOf(run, agent),
        maxTokens,
        ...(effort === undefined ? {} : { effort }),
        ...(responseCache && { responseCache }),
        speaks: members.includes(id),
      };
    }),
    rounds,
    quorum: quorum ?? majorityOf(members),
    actions,
    owners: partiesOf(team)
      .filter(
        ({ id, isPerson, owns }) => owns.length > 0 && (isPerson || team.execution.members.includes(id)),
      )
      .map(({ id, title, owns, isPerson }) => ({ id, title, kinds: [...owns], person: isPerson })),
    checks: team.tools
      .filter(({ check }) => check)
      .map(({ name, description, inputSchema }) => ({ name, description, inputSchema: { ...inputSchema } })),
  };
}
