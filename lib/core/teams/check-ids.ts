import type { TeamFile } from '#contracts/team.ts';
import { faultAt, repeated, type TeamFault } from './team-fault.ts';

type Named = readonly { id: string }[];

/** Ids that are given twice. Agents and people share their names: an action has one owner. */
export function checkIds({ kinds, agents, people, tools, workflows }: TeamFile): TeamFault[] {
  const everybody = [...agents, ...people].map(({ id }) => id);
  const doubled = repeated(everybody).map(({ id, at }) => {
    const path = at < agents.length ? ['agents', at, 'id'] : ['people', at - agents.length, 'id'];
    return faultAt(path, `"${id}" is the id of somebody else already; give each agent and person an own one`);
  });
  return [
    ...doubled,
    ...twice(kinds, 'kinds', 'id'),
    ...twice(
      tools.map(({ name }) => ({ id: name })),
      'tools',
      'name',
    ),
    ...twice(workflows, 'workflows', 'id'),
  ];
}

function twice(items: Named, list: string, field: string): TeamFault[] {
  const ids = items.map(({ id }) => id);
  return repeated(ids).map(({ id, at }) =>
    faultAt([list, at, field], `"${id}" stands in ${list} twice; remove one or give it another name`),
  );
}
