import type { Command } from 'commander';
import { describeFault, loadTeam } from '#adapters/teams/load-team.ts';
import { errors } from '#contracts/errors.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { printableLine } from '../printable.ts';
import { toFolder } from './team-folder.ts';

/** `muster team check FOLDER…`. Asks nobody. */
export function addTeamCheck(team: Command): void {
  const command = team
    .command('check')
    .description('check a team before it costs anything; names every fault with file, line and column')
    .argument('<folder...>', 'a folder with a team.yaml, or that file')
    .addHelpText(
      'after',
      '\nExample:\n  $ muster team check ./my-team\n  $ muster team check prompts/teams/*',
    );
  works<[string[]], object>(command, async (context, _options, paths) => {
    const checked = await Promise.all(paths.map((path) => check(toFolder(path))));
    tell(context, checked);
    return checked.every(({ valid }) => valid) ? 0 : errors.team_invalid.exitCode;
  });
}

async function check(folder: string) {
  const loaded = await loadTeam(folder);
  if ('faults' in loaded) return { folder, valid: false, faults: loaded.faults };
  const { name, agents, people, kinds } = loaded.document.team;
  const size = { agents: agents.length, people: people.length, kinds: kinds.length };
  return { folder, valid: true, name, ...size, faults: [] };
}

type Checked = Awaited<ReturnType<typeof check>>;

function tell({ out }: Context, checked: readonly Checked[]): void {
  const document = checked.length === 1 ? checked[0] : { items: checked };
  out.answer(document, () => checked.flatMap(lines));
  const faults = checked.flatMap((team) => team.faults).length;
  if (faults > 0) out.note(out.paint('red', faults === 1 ? 'One fault.' : `${faults} faults.`));
}

function lines(team: Checked): string[] {
  const { folder, faults } = team;
  if ('name' in team)
    return [
      `${team.name}: ${team.agents} agents, ${team.people} people, ${team.kinds} kinds of tasks, no fault`,
    ];
  return faults.map((fault) => printableLine(describeFault(folder, fault)));
}
