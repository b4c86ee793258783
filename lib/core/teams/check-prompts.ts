import type { TeamDocument, TeamFile } from '#contracts/team.ts';
import { findPlaceholders, isPromptPlaceholder, promptPlaceholders } from './placeholders.ts';
import { faultAt, type TeamFault } from './team-fault.ts';

const allowed = promptPlaceholders.map((name) => `{{${name}}}`).join(', ');

/** Each agent has its prompt, each prompt its agent, and nothing in braces is unknown. */
export function checkPrompts({ agents }: TeamFile, prompts: TeamDocument['prompts']): TeamFault[] {
  const ids = agents.map(({ id }) => id);
  const missing = agents.flatMap(({ id, prompt }, at) =>
    Object.hasOwn(prompts, id)
      ? []
      : [faultAt(['agents', at, 'prompt'], `the prompt of ${id} (${prompt}) is not there`)],
  );
  const stray = Object.keys(prompts)
    .filter((id) => !ids.includes(id))
    .map((id) => faultAt(['prompts', id], `"${id}" is no agent of this team; there are ${ids.join(', ')}`));
  const unknown = Object.entries(prompts).flatMap(([id, text]) =>
    findPlaceholders(text)
      .filter(({ name }) => !isPromptPlaceholder(name))
      .map(({ name, line, column }) => ({
        ...faultAt(['prompts', id], `{{${name}}} is unknown; allowed are ${allowed}`),
        ...{ line, column },
      })),
  );
  return [...missing, ...stray, ...unknown];
}
