import type { Command } from 'commander';
import type { TeamView } from '#contracts/team.ts';
import { works } from '../command.ts';
import { formatTable } from '../table.ts';

/** `muster team list`. */
export function addTeamList(team: Command): void {
  const command = team
    .command('list')
    .description('list the teams that a run may name')
    .addHelpText('after', '\nExample:\n  $ muster team list');
  works<[], object>(command, async ({ out, api }) => {
    const { body } = await (await api()).call('listTeams');
    out.answer({ items: body.items }, () => teamTable(body.items));
    return 0;
  });
}

function teamTable(teams: readonly TeamView[]): string[] {
  return formatTable(teams, [
    { title: 'NAME', value: (team) => team.name },
    { title: 'TITLE', value: (team) => team.title },
    { title: 'AGENTS', value: (team) => String(team.agents.length), align: 'right' },
    { title: 'PEOPLE', value: (team) => String(team.people.length), align: 'right' },
    { title: 'ORIGIN', value: (team) => team.origin },
    { title: 'MODELS', value: readiness },
  ]);
}

/** Whether it could start now. */
function readiness({ agents }: TeamView): string {
  const without = agents.filter(({ fallsBackTo }) => fallsBackTo === null).length;
  const fallen = agents.filter(({ fallsBackTo }) => typeof fallsBackTo === 'string').length;
  if (without > 0) return `${without} of ${agents.length} agents have no model`;
  return fallen > 0 ? `${fallen} of ${agents.length} agents fall back` : 'as the team has them';
}
