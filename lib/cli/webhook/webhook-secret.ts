import type { Command } from 'commander';
import { works } from '../command.ts';

interface SecretOptions {
  project?: string;
  rotate?: boolean;
}

/** `muster webhook secret`. */
export function addWebhookSecret(webhook: Command): void {
  const command = webhook
    .command('secret')
    .description('show the signing secrets of a project; for approvers only')
    .option('--project <name>', 'whose (default: default)')
    .option('--rotate', 'make a new one first; the one before signs along for a week')
    .addHelpText('after', '\nExample:\n  $ muster webhook secret --project shop --rotate');
  works<[], SecretOptions>(command, async ({ out, api }, { project = 'default', rotate }) => {
    const route = rotate ? 'rotateWebhookSecret' : 'readWebhookSecrets';
    const { body } = await (await api()).call(route, { params: { project } });
    out.answer(body, () => body.secrets.map(({ secret }) => secret));
    const [, previous] = body.secrets;
    if (previous) out.note(out.paint('gray', `The second one signs along until ${previous.validUntil}.`));
    return 0;
  });
}
