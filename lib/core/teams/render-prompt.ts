import { AppError } from '#contracts/errors.ts';
import type { TeamAgent, TeamDocument, TeamFile } from '#contracts/team.ts';
import { fillPlaceholders, isPromptPlaceholder, type PromptPlaceholder } from './placeholders.ts';
import { partiesOf, taskMatrix } from './task-matrix.ts';

/**
 * The system prompt of an agent: its file with the team's own facts in the place of `{{…}}`.
 *
 * @throws AppError `team_invalid` for a placeholder that is unknown, `not_found` for an agent that is
 */
export function renderPrompt(
  { team, prompts }: Pick<TeamDocument, 'team' | 'prompts'>,
  agentId: string,
): string {
  const agent = team.agents.find(({ id }) => id === agentId);
  const text = Object.hasOwn(prompts, agentId) ? prompts[agentId] : undefined;
  if (!agent || text === undefined)
    throw new AppError('not_found', `the team ${team.name} has no agent "${agentId}" with a prompt`);
  const values = valuesOf(team, agent);
  return fillPlaceholders(text, (name) => {
    if (isPromptPlaceholder(name)) return values[name];
    throw new AppError('team_invalid', `the prompt of ${agentId} uses {{${name}}}, which is unknown`, {
      remedy: `muster team check prompts/teams/${team.name}`,
    });
  });
}

function valuesOf(team: TeamFile, agent: TeamAgent): Record<PromptPlaceholder, string> {
  const kinds = (ids: readonly string[]) => listKinds(team, ids);
  return {
    'team.title': team.title,
    'agent.id': agent.id,
    'agent.title': agent.title,
    'agent.owns': kinds(agent.owns),
    'agent.supports': kinds(agent.supports),
    'agent.never': kinds(agent.never),
    members: listMembers(team),
    matrix: listMatrix(team),
    tools: listTools(team, agent),
  };
}

function listKinds({ kinds }: TeamFile, ids: readonly string[]): string {
  const named = ids.map((id) => `${id} (${kinds.find((kind) => kind.id === id)?.title ?? id})`);
  return named.length === 0 ? 'nothing' : named.join(', ');
}

function listMembers(team: TeamFile): string {
  const lines = partiesOf(team).map(({ id, title, isPerson, owns }) => {
    const does = owns.length === 0 ? roleOf(team, id) : `does ${owns.join(', ')}`;
    return `- ${id}${isPerson ? ' (a person)' : ''}, ${title}: ${does}`;
  });
  return lines.join('\n');
}

function roleOf({ planning, review }: TeamFile, id: string): string {
  const roles = [
    ...(planning.moderator === id ? ['leads the meeting'] : []),
    ...(planning.critic === id ? ['objects'] : []),
    ...(planning.members.includes(id) ? ['plans'] : []),
    ...(review.coordinator === id ? ['makes the final review'] : []),
    ...(review.members.includes(id) ? ['reviews'] : []),
  ];
  return roles.length === 0 ? 'advises' : roles.join(', ');
}

function listMatrix(team: TeamFile): string {
  const lines = taskMatrix(team).map(({ kind, title, owner, isPerson, supports, emergency }) => {
    const help = supports.length === 0 ? '' : `; ${supports.join(', ')} may help`;
    return `- ${kind} (${title}${emergency ? '; an emergency' : ''}): ${owner}${isPerson ? ', a person' : ''}${help}`;
  });
  return lines.join('\n');
}

function listTools({ tools }: TeamFile, { id }: TeamAgent): string {
  const own = tools.filter(({ agents }) => agents.includes(id));
  if (own.length === 0) return "- none of the team's own";
  return own
    .map(({ name, description }) => `- ${name}: ${description.replace(/\s+/g, ' ').trim()}`)
    .join('\n');
}
