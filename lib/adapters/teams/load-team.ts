import { limits } from '#contracts/limits.ts';
import { type TeamDocument, type TeamFile, teamDocument } from '#contracts/team.ts';
import { checkTeam } from '#core/teams/check-team.ts';
import type { TeamFault } from '#core/teams/team-fault.ts';
import { readTeamFile } from './read-team-file.ts';
import { type ReadTeamYaml, readTeamYaml } from './team-yaml.ts';

/** A fault of a team with the place where it stands. `file` is relative to the team's folder. */
export interface LocatedFault {
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** JSON pointer into the team file, or `/prompts/<agent>`. */
  path: string;
  message: string;
}

export type LoadedTeam = { document: TeamDocument } | { faults: LocatedFault[] };

const teamYaml = 'team.yaml';

/** A team's folder: `team.yaml` and its prompts, checked as a whole; all faults, or the document. */
export async function loadTeam(folder: string): Promise<LoadedTeam> {
  const read = await readTeamFile(folder, teamYaml);
  if ('fault' in read)
    return { faults: [{ file: teamYaml, line: 1, column: 1, path: '', message: read.fault }] };
  const yaml = readTeamYaml(read.text);
  if (!yaml.team) return { faults: yaml.faults.map((fault) => ({ file: teamYaml, ...pick(fault) })) };
  const { prompts, faults } = await readPrompts(folder, yaml.team, yaml);
  const wrong = checkTeam({ team: yaml.team, prompts }).filter(
    ({ path }) => !faults.some((fault) => fault.path === path),
  );
  const all = [...faults, ...wrong.map((fault) => locate(fault, yaml.team, yaml))];
  if (all.length > 0) return { faults: all.toSorted(byPlace) };
  return { document: teamDocument.parse({ v: 1, team: yaml.team, prompts }) };
}

async function readPrompts(folder: string, { agents }: TeamFile, { placeOf }: ReadTeamYaml) {
  const prompts: Record<string, string> = {};
  const faults: LocatedFault[] = [];
  for (const [at, { id, prompt }] of agents.entries()) {
    const path = `/agents/${at}/prompt`;
    const read = await readTeamFile(folder, prompt);
    const fault = 'fault' in read ? read.fault : unfit(prompt, read.text);
    if ('text' in read) prompts[id] = read.text;
    if (fault !== undefined) faults.push({ file: teamYaml, path, message: fault, ...placeOf(path) });
  }
  return { prompts, faults };
}

function unfit(prompt: string, text: string): string | undefined {
  if (text.trim() === '') return `${prompt} is empty`;
  const most = limits.agentPromptCharacters;
  return text.length > most ? `${prompt} has ${text.length} characters; allowed are ${most}` : undefined;
}

function locate(
  { path, message, line, column }: TeamFault,
  team: TeamFile | undefined,
  yaml: ReadTeamYaml,
): LocatedFault {
  const agent = team?.agents.find(({ id }) => path === `/prompts/${id}`);
  if (agent && line !== undefined && column !== undefined)
    return { file: agent.prompt, line, column, path, message };
  return { file: teamYaml, ...yaml.placeOf(path), path, message };
}

function pick({ path, message, line, column }: Omit<LocatedFault, 'file'>) {
  return { path, message, line, column };
}

/** `team.yaml` first, then as one reads. */
function byPlace(a: LocatedFault, b: LocatedFault): number {
  const file = Number(a.file !== teamYaml) - Number(b.file !== teamYaml) || a.file.localeCompare(b.file);
  return file || a.line - b.line || a.column - b.column;
}

/** `team.yaml:12:5: …`, as editors and terminals link it. */
export function describeFault(folder: string, { file, line, column, message }: LocatedFault): string {
  return `${folder === '' ? '' : `${folder.replace(/\/$/, '')}/`}${file}:${line}:${column}: ${message}`;
}
