import type { TeamFile } from '#contracts/team.ts';
import { faultAt, repeated, type TeamFault } from './team-fault.ts';

/** The team's own tools: who may call them, and that something can be measured at all. */
export function checkTeamTools({ agents, people, tools }: TeamFile): TeamFault[] {
  const ids = agents.map(({ id }) => id);
  const faults = tools.flatMap(({ name, agents: users, check }, at) => {
    const path = ['tools', at, 'agents'];
    const unknown = users.flatMap((id, index) =>
      ids.includes(id)
        ? []
        : [
            faultAt(
              [...path, index],
              notAnAgent(
                id,
                name,
                ids,
                people.some((p) => p.id === id),
              ),
            ),
          ],
    );
    const doubled = repeated(users).map(({ id, at: index }) =>
      faultAt([...path, index], `"${id}" stands in it twice`),
    );
    const unused =
      users.length === 0 && !check
        ? [
            faultAt(
              ['tools', at],
              `nobody may call ${name}: name agents, or let it serve as a check (check: true)`,
            ),
          ]
        : [];
    return [...unknown, ...doubled, ...unused];
  });
  return tools.some(({ check }) => check) ? faults : [...faults, noCheck(tools.length)];
}

function notAnAgent(id: string, tool: string, ids: readonly string[], isPerson: boolean): string {
  if (isPerson) return `"${id}" is a person, and tools such as ${tool} are called by agents`;
  return `"${id}" is no agent of this team; there are ${ids.join(', ')}`;
}

function noCheck(tools: number): TeamFault {
  const path = tools === 0 ? [] : ['tools'];
  return faultAt(path, 'no tool has check: true; without a check no result can be shown to be right');
}
