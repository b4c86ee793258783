import { join } from 'node:path';
import { compileTeams } from '#adapters/teams/compile-teams.ts';
import { makeBundles } from '../lib/constructs/bundles.ts';

// esbuild is a process of its own: it works while CDK, the larger half, is still being loaded.
const bundles = makeBundles();
const teams = compileTeams(join(import.meta.dirname, '..', 'prompts', 'teams'));
const [{ synthesizeApp }, { SettingsError }] = await Promise.all([
  import('../lib/stacks/synthesize-app.ts'),
  import('../lib/stacks/read-settings.ts'),
]);

try {
  await synthesizeApp({ bundles, teams });
} catch (error) {
  // Wrong settings are the user's to mend: the sentence is enough, a stack trace would bury it.
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
