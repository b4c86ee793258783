import { limits } from '#contracts/limits.ts';
import type { ReviewPayload } from '#contracts/review.ts';
import type { TeamAgent } from '#contracts/team.ts';
import type { Place } from '../place.ts';
import { agentFields, runNamed } from './action-payload.ts';
import { list, quote, shorten } from './quote.ts';

export interface CycleReviewed {
  /** What people have said in the cycle, a line each. */
  said: readonly string[];
  /** Of the project. */
  memory: string;
}

/** What the coordinator gets for the final review: actions with their verdicts, what people said, the memory to keep. */
export function toCycleReviewPayload(
  place: Place,
  coordinator: TeamAgent,
  { said, memory }: CycleReviewed,
): ReviewPayload {
  const { run, cycle } = place;
  const keepsMemory = (place.team.review.memory ?? place.team.review.coordinator) === coordinator.id;
  const actions = cycle.actions.map(({ id, title, owner, status, revision, reason, verdicts, findings }) => ({
    ...{ id, title, owner, status, revision, reason, verdicts, findings },
  }));
  const prompt = [
    `# Review of cycle ${cycle.cycle}`,
    `The objective${runNamed(run, coordinator)}:\n${quote(run.objective)}`,
    `What became of each action, as the reviewers and the checks found it:\n${quote(JSON.stringify(actions, null, 2))}`,
    ...(said.length === 0 ? [] : [`What people said:\n${list(said)}`]),
    'Say whether the objective is reached, what the cycle came to, and what the next meeting should know. An action that is not DONE was not shown to have met its criteria, whatever its owner says.',
    keepsMemory
      ? `You keep the project's memory. It reads now:\n${quote(memory === '' ? '(empty)' : memory)}\n\nHand in \`memory\` only where it should read differently from now on.`
      : 'Leave `memory` out: somebody else keeps it.',
  ].join('\n\n');
  return {
    subject: 'cycle',
    agent: {
      ...agentFields(place, coordinator),
      criteria: [],
      prompt: shorten(prompt, limits.agentPromptCharacters),
    },
  };
}
