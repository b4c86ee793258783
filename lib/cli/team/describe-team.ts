import type { TeamView } from '#contracts/team.ts';
import { formatUsd } from '../format.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { formatFields, formatTable } from '../table.ts';

/** Everything about a team but its prompts. */
export function describeTeam(team: TeamView, out: Output): string[] {
  const { name, title, description, origin, sha256, updatedAt, budgetUsd, maxCycles } = team;
  const heading = (text: string) => ['', out.paint('bold', text)];
  return [
    ...formatFields([
      ['team', `${name} (${printableLine(title)})`],
      ['about', printableLine(description)],
      ['origin', updatedAt === undefined ? origin : `${origin}, ${updatedAt}`],
      ['digest', sha256],
      ['budget', `${formatUsd(budgetUsd)} a run at most, ${maxCycles} cycle${maxCycles === 1 ? '' : 's'}`],
      ['approvals', describeApprovals(team)],
    ]),
    ...heading('Agents'),
    ...agentTable(team),
    ...heading('Who does what'),
    ...matrixTable(team),
    ...(team.workflows.length === 0 ? [] : [...heading('Workflows'), ...workflowTable(team)]),
  ];
}

function describeApprovals({ approvals: { plan, release, kinds, expiresHours, own } }: TeamView): string {
  const gates = [
    ...(plan ? ['the plan'] : []),
    ...(release ? ['the release'] : []),
    ...kinds.map((kind) => `every ${kind}`),
  ];
  if (gates.length === 0) return 'none';
  const self = own ? '' : '; not by who started the run';
  return `${gates.join(', ')}; each expires after ${expiresHours} h${self}`;
}

function agentTable({ agents }: TeamView): string[] {
  return formatTable(agents, [
    { title: 'AGENT', value: ({ id }) => id },
    { title: 'ROLE', value: ({ title }) => title },
    { title: 'MODEL', value: ({ model }) => model },
    { title: 'FALLBACK', value: ({ fallback }) => fallback.join(', ') || '–' },
    {
      title: 'NOW',
      value: ({ fallsBackTo, model }) => (fallsBackTo === undefined ? model : (fallsBackTo ?? 'none')),
    },
  ]);
}

function matrixTable({ matrix }: TeamView): string[] {
  return formatTable(matrix, [
    { title: 'KIND', value: ({ kind, emergency }) => (emergency ? `${kind} (emergency)` : kind) },
    { title: 'WHAT', value: ({ title }) => title },
    { title: 'OWNER', value: ({ owner, isPerson }) => (isPerson ? `${owner} (a person)` : owner) },
    { title: 'SUPPORT', value: ({ supports }) => supports.join(', ') || '–' },
  ]);
}

function workflowTable({ workflows }: TeamView): string[] {
  return formatTable(workflows, [
    { title: 'WORKFLOW', value: ({ id }) => id },
    { title: 'WHAT', value: ({ title }) => title },
    { title: 'VALUES', value: ({ values }) => values.join(', ') || '–' },
  ]);
}
