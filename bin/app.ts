import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stackName } from '#contracts/settings.ts';
import { MusterStack } from '../lib/stacks/muster-stack.ts';
import { readSettings, SettingsError } from '../lib/stacks/read-settings.ts';

function main(): void {
  const app = new App({ analyticsReporting: false });
  const settings = readSettings(app.node.tryGetContext('muster.settings'));
  new MusterStack(app, stackName, { settings });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}

try {
  main();
} catch (error) {
  // Wrong settings are the user's to mend: the sentence is enough, a stack trace would bury it.
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
