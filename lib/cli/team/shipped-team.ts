import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '#contracts/errors.ts';

/** Teams that come with Muster, a folder each. */
export const teamsFolder = fileURLToPath(new URL('../../../prompts/teams', import.meta.url));

/** @throws AppError `not_found` that names those that there are */
export function shippedTeam(name: string): string {
  const names = readdirSync(teamsFolder).sort();
  if (names.includes(name)) return join(teamsFolder, name);
  throw new AppError('not_found', `no team "${name}" is shipped; there are ${names.join(', ')}`, {
    remedy: 'for a team of your own, give its folder: --team ./my-team',
  });
}
