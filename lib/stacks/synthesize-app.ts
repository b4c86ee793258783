import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stackName } from '#contracts/settings.ts';
import type { TeamDocument } from '#contracts/team.ts';
import { MusterStack } from './muster-stack.ts';
import { readSettings } from './read-settings.ts';

export interface AppParts {
  /** The teams that come with Muster. */
  readonly teams: Promise<TeamDocument[]>;
  /** Over when the bundles of functions and worker are made. */
  readonly bundles: Promise<void>;
}

/**
 * Writes the cloud assembly of the app under the settings in its context.
 *
 * @throws SettingsError
 */
export async function synthesizeApp(parts: AppParts): Promise<void> {
  const app = new App({ analyticsReporting: false });
  const settings = readSettings(app.node.tryGetContext('muster.settings'));
  const [teams] = await Promise.all([parts.teams, parts.bundles]);
  new MusterStack(app, stackName, { settings, teams });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}
