import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { requireTeam } from '#adapters/teams/compile-teams.ts';
import type { TeamView } from '#contracts/team.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { toTeamView } from '#core/teams/team-view.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { describeTeam } from './describe-team.ts';
import { isFolder, toFolder } from './team-folder.ts';

/** `muster team show NAME`. */
export function addTeamShow(team: Command): void {
  const command = team
    .command('show')
    .description('show agents, models, who does what, approvals and budget of a team')
    .argument('<team>', 'its name, or a folder with a team.yaml that is not put yet')
    .addHelpText('after', '\nExample:\n  $ muster team show autonomous\n  $ muster team show ./my-team');
  works<[string], object>(command, async (context, _options, name) => {
    const view = isFolder(name) ? await readFolder(name) : await readTeam(context, name);
    context.out.answer(view, () => describeTeam(view, context.out));
    return 0;
  });
}

async function readTeam({ api }: Context, name: string): Promise<TeamView> {
  const { body } = await (await api()).call('readTeam', { params: { name } });
  return body;
}

async function readFolder(path: string): Promise<TeamView> {
  const document = await requireTeam(toFolder(path));
  const sha256 = createHash('sha256').update(canonicalJson(document)).digest('hex');
  return toTeamView(document, { origin: 'put', sha256 });
}
