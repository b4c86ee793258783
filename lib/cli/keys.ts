import { Argument, type Command } from 'commander';
import type { ApiTarget } from '#adapters/client/find-api.ts';
import { AppError } from '#contracts/errors.ts';
import { defaultServer, providers } from '#contracts/provider-keys.ts';
import { outputs } from '#contracts/settings.ts';
import { works } from './command.ts';
import { type KeyOptions, type KeySubject, readChange, requireSettable } from './keys/read-change.ts';

const subjects: readonly KeySubject[] = [...providers, 'self-hosted', 'anthropic-aws'];

/** `muster keys set PROVIDER`. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').helpCommand(false).description('keys of the model providers');
  const command = keys
    .command('set')
    .description('put a key into the secret that workers get theirs from')
    .addArgument(new Argument('<provider>', 'whose').choices(subjects))
    .option(
      '--base-url <url>',
      "another server that speaks the provider's protocol; your own, with self-hosted",
    )
    .option('--name <name>', `which of your own servers (default: ${defaultServer}); self-hosted only`)
    .option('--workspace <id>', 'of Claude Platform on AWS; anthropic-aws only')
    .addHelpText('after', examples);
  works<[KeySubject], KeyOptions>(command, async ({ out, api, dataDir }, options, provider) => {
    const { target } = await api();
    requireSettable(provider, options, target.kind);
    const place = await secretPlaceOf(target);
    const { what, change, noteLocally } = await readChange(provider, options);
    const { putProviderKeys } = await import('#adapters/aws/provider-secret.ts');
    const set = await putProviderKeys(place, change);
    if (target.kind === 'local') noteLocally(dataDir);
    out.answer({ provider, secret: place.secretName, set }, () => [
      `${what} is set in ${place.secretName}. Jobs use it within a minute.`,
    ]);
    return 0;
  });
}

const examples = `
The key is typed at a prompt that does not show it, or piped in; it is never an argument. A server of your own may
want none: an empty answer, or < /dev/null.

Examples:
  $ muster keys set anthropic
  $ pass show anthropic | muster keys set anthropic --region eu-central-1
  $ muster keys set self-hosted --name gpu-1 --base-url http://gpu-1.lan:11434 < /dev/null
  $ muster keys set anthropic-aws --workspace wrkspc_01AbCdEf`;

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
