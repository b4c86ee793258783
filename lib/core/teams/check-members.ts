import type { TeamFile } from '#contracts/team.ts';
import { faultAt, repeated, type TeamFault } from './team-fault.ts';

type Path = (string | number)[];

/** Who meets, who works, who reviews: agents that exist, and never the worker as the only reviewer. */
export function checkMembers(team: TeamFile): TeamFault[] {
  const { planning, execution, review } = team;
  const single: [Path, string | undefined][] = [
    [['planning', 'moderator'], planning.moderator],
    [['planning', 'critic'], planning.critic],
    [['review', 'coordinator'], review.coordinator],
    [['review', 'memory'], review.memory],
  ];
  return [
    ...single.flatMap(([path, id]) => (id === undefined ? [] : requireAgent(team, path, id))),
    ...requireAgents(team, ['planning', 'members'], planning.members),
    ...requireAgents(team, ['execution', 'members'], execution.members),
    ...requireAgents(team, ['review', 'members'], review.members),
    ...checkMeeting(team),
    ...checkWorkers(team),
    ...checkReviewers(team),
  ];
}

function requireAgents(team: TeamFile, path: Path, ids: readonly string[]): TeamFault[] {
  const doubled = repeated(ids).map(({ id, at }) => faultAt([...path, at], `"${id}" stands in it twice`));
  return [...ids.flatMap((id, at) => requireAgent(team, [...path, at], id)), ...doubled];
}

function requireAgent({ agents, people }: TeamFile, path: Path, id: string): TeamFault[] {
  if (agents.some((agent) => agent.id === id)) return [];
  if (people.some((person) => person.id === id))
    return [
      faultAt(path, `"${id}" is a person; here stand agents only. A person owns kinds of tasks and approves`),
    ];
  return [faultAt(path, `"${id}" is no agent of this team; there are ${agents.map((a) => a.id).join(', ')}`)];
}

function checkMeeting({ planning, agents }: TeamFile): TeamFault[] {
  const { members, critic, quorum, actions } = planning;
  const faults: TeamFault[] = [];
  if (agents.some(({ id }) => id === critic) && !members.includes(critic ?? ''))
    faults.push(faultAt(['planning', 'critic'], `"${critic}" has to be one of the members: only they speak`));
  const least = Math.floor(members.length / 2) + 1;
  if (quorum !== undefined && (quorum > members.length || quorum < least))
    faults.push(
      faultAt(
        ['planning', 'quorum'],
        `quorum is ${quorum}; with ${members.length} members it is ${least} to ${members.length}, so that not both sides can reach it`,
      ),
    );
  if (actions.min > actions.max)
    faults.push(faultAt(['planning', 'actions'], `min ${actions.min} is more than max ${actions.max}`));
  return faults;
}

function checkWorkers({ agents, execution: { members } }: TeamFile): TeamFault[] {
  const idle = members.flatMap((id, at) => {
    const agent = agents.find((candidate) => candidate.id === id);
    if (!agent || agent.owns.length > 0) return [];
    return [
      faultAt(['execution', 'members', at], `"${id}" owns no kind of task, so it would never get an action`),
    ];
  });
  const absent = agents.flatMap(({ id, owns }, at) => {
    if (owns.length === 0 || members.includes(id)) return [];
    const message = `${id} owns ${owns.join(', ')} but is not in execution.members, so nobody would do it`;
    return [faultAt(['agents', at, 'owns'], message)];
  });
  return [...idle, ...absent];
}

function checkReviewers({ execution, review: { members } }: TeamFile): TeamFault[] {
  return execution.members
    .filter((id) => members.every((reviewer) => reviewer === id))
    .map((id) =>
      faultAt(['review', 'members'], `${id} would review its own work; add a reviewer who is somebody else`),
    );
}
