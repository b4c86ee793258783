import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { compileTeams } from '#adapters/teams/compile-teams.ts';
import { stackName } from '#contracts/settings.ts';
import { MusterStack } from '../lib/stacks/muster-stack.ts';
import { readSettings, SettingsError } from '../lib/stacks/read-settings.ts';

async function main(): Promise<void> {
  const app = new App({ analyticsReporting: false });
  const settings = readSettings(app.node.tryGetContext('muster.settings'));
  const teams = await compileTeams(join(import.meta.dirname, '..', 'prompts', 'teams'));
  new MusterStack(app, stackName, { settings, teams });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}

try {
  await main();
} catch (error) {
  // Wrong settings are the user's to mend: the sentence is enough, a stack trace would bury it.
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
