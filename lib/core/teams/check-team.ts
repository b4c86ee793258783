import type { TeamDocument } from '#contracts/team.ts';
import { checkIds } from './check-ids.ts';
import { checkKinds } from './check-kinds.ts';
import { checkMembers } from './check-members.ts';
import { checkModels } from './check-models.ts';
import { checkPrompts } from './check-prompts.ts';
import { checkRules } from './check-rules.ts';
import { checkTeamTools } from './check-team-tools.ts';
import type { TeamFault } from './team-fault.ts';

/**
 * Everything that the schema of a team cannot see: names that lead nowhere, kinds of tasks with two owners or
 * none, reviewers who would review themselves. All faults at once; none means that the team can work.
 */
export function checkTeam({ team, prompts }: Pick<TeamDocument, 'team' | 'prompts'>): TeamFault[] {
  return [
    ...checkIds(team),
    ...checkModels(team),
    ...checkKinds(team),
    ...checkMembers(team),
    ...checkTeamTools(team),
    ...checkRules(team),
    ...checkPrompts(team, prompts),
  ];
}
