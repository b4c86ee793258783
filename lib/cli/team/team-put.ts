import type { Command } from 'commander';
import { requireTeam } from '#adapters/teams/compile-teams.ts';
import { works } from '../command.ts';
import { toFolder } from './team-folder.ts';

/** `muster team put FOLDER`. */
export function addTeamPut(team: Command): void {
  const command = team
    .command('put')
    .description('check a team and put it, so that runs may name it; for approvers only')
    .argument('<folder>', 'a folder with a team.yaml')
    .addHelpText(
      'after',
      '\nRuns that have begun keep the team that they began with.\n\nExample:\n  $ muster team put ./my-team',
    );
  works<[string], object>(command, async ({ out, api }, _options, path) => {
    const document = await requireTeam(toFolder(path));
    const { name } = document.team;
    const { body } = await (await api()).call('putTeam', { params: { name }, body: document });
    out.answer(body, () => [body.name]);
    out.note(out.paint('gray', `${body.sha256} · look at it: muster team show ${body.name}`));
    return 0;
  });
}
