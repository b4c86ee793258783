import type { Command } from 'commander';
import { addTeamCheck } from './team-check.ts';
import { addTeamList } from './team-list.ts';
import { addTeamPut } from './team-put.ts';
import { addTeamShow } from './team-show.ts';

/** `muster team …`: who plans, executes and reviews. */
export function addTeam(program: Command): void {
  const team = program
    .command('team')
    .helpCommand(false)
    .description('teams of agents: list, show, check a folder, put it');
  addTeamList(team);
  addTeamShow(team);
  addTeamCheck(team);
  addTeamPut(team);
}
