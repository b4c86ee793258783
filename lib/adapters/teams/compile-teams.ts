import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts/errors.ts';
import type { TeamDocument } from '#contracts/team.ts';
import { describeFault, loadTeam } from './load-team.ts';

/**
 * All teams below a folder, by name: what is shipped with a deployment.
 *
 * @throws AppError `team_invalid` that names each fault with file and line
 */
export async function compileTeams(folder: string): Promise<TeamDocument[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const documents: TeamDocument[] = [];
  for (const name of names.sort()) documents.push(await requireTeam(join(folder, name), name));
  return documents;
}

/**
 * One team that has no fault.
 *
 * @param name what the team has to be called, where its folder says so
 * @throws AppError `team_invalid` that names each fault with file and line
 */
export async function requireTeam(folder: string, name?: string): Promise<TeamDocument> {
  const loaded = await loadTeam(folder);
  if ('faults' in loaded) {
    const lines = loaded.faults.map((fault) => describeFault(folder, fault));
    throw invalid(
      `${lines.length} fault${lines.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
      folder,
      loaded.faults,
    );
  }
  const { document } = loaded;
  if (name !== undefined && document.team.name !== name)
    throw invalid(
      `${folder}/team.yaml is named "${document.team.name}"; its folder says "${name}"`,
      folder,
      [],
    );
  return document;
}

function invalid(message: string, folder: string, faults: { path: string; message: string }[]): AppError {
  return new AppError('team_invalid', message, {
    remedy: `muster team check ${folder}`,
    ...(faults.length > 0 && { faults: faults.map(({ path, message: text }) => ({ path, message: text })) }),
  });
}
