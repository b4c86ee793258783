import { Argument, type Command } from 'commander';
import type { ApiTarget } from '#adapters/client/find-api.ts';
import { readLocalFile, writeLocalFile } from '#adapters/client/local-file.ts';
import { AppError } from '#contracts/errors.ts';
import { type Provider, providers } from '#contracts/provider-keys.ts';
import { outputs } from '#contracts/settings.ts';
import { works } from './command.ts';
import { forgetEnvironmentKey } from './local/provider-secret.ts';
import { readSecret } from './read-secret.ts';

/** `muster keys set PROVIDER`. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').helpCommand(false).description('keys of the model providers');
  const command = keys
    .command('set')
    .description('put a key into the secret that workers get theirs from')
    .addArgument(new Argument('<provider>', 'whose').choices(providers))
    .option('--base-url <url>', "another server that speaks the provider's protocol")
    .addHelpText('after', examples);
  works<[Provider], { baseUrl?: string }>(command, async ({ out, api, dataDir }, { baseUrl }, provider) => {
    const { target } = await api();
    const place = await secretPlaceOf(target);
    const apiKey = await readSecret(`Key of ${provider} (it is not shown): `);
    const { putProviderKey } = await import('#adapters/aws/provider-secret.ts');
    const set = await putProviderKey(place, provider, {
      apiKey,
      ...(baseUrl === undefined ? {} : { baseUrl }),
    });
    if (target.kind === 'local') noteLocally(dataDir, provider, apiKey);
    out.answer({ provider, secret: place.secretName, set }, () => [
      `The key of ${provider} is set in ${place.secretName}. Jobs use it within a minute.`,
    ]);
    return 0;
  });
}

const examples = `
The key is typed at a prompt that does not show it, or piped in; it is never an argument.

Examples:
  $ muster keys set anthropic
  $ pass show anthropic | muster keys set anthropic --region eu-central-1`;

/** Where the keys of this API's stack are kept. */
export async function secretPlaceOf(target: ApiTarget) {
  const secretName = (await target.outputs())[outputs.providerSecretName];
  if (secretName === undefined) {
    throw new AppError(
      'no_api',
      `the stack of ${target.url} names no secret for keys (${outputs.providerSecretName})`,
    );
  }
  const { region, endpointUrl } = target;
  return { secretName, region, endpointUrl, credentials: await target.credentials() };
}

function noteLocally(dataDir: string, provider: Provider, apiKey: string): void {
  forgetEnvironmentKey(dataDir, apiKey);
  const file = readLocalFile(dataDir);
  // From now on answers cost money here too, and commands must say so.
  if (file && provider === 'anthropic') writeLocalFile(dataDir, { ...file, offlineModel: false });
}
