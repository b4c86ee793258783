import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { findSecret } from '#adapters/webhooks/verify-signature.ts';
import { AppError } from '#contracts/errors.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';

interface VerifyOptions {
  id: string;
  timestamp: string;
  signature: string;
  project?: string;
  secretFile?: string;
}

/** `muster webhook verify`. */
export function addWebhookVerify(webhook: Command): void {
  const command = webhook
    .command('verify')
    .description('say whether a body on stdin was signed by Muster')
    .requiredOption('--id <id>', 'the header webhook-id')
    .requiredOption('--timestamp <seconds>', 'the header webhook-timestamp')
    .requiredOption('--signature <text>', 'the header webhook-signature')
    .option('--project <name>', 'whose secrets are taken (default: default)')
    .option('--secret-file <path>', 'its secrets, instead of asking the API for those of the project')
    .addHelpText('after', examples);
  works<[], VerifyOptions>(command, async (context, options) => {
    const { id, timestamp, signature: signatures } = options;
    const secrets = await readSecrets(context, options);
    const body = await readAll(process.stdin);
    const found = findSecret({ id, timestamp, signatures, body }, secrets);
    if (found < 0)
      throw new AppError('digest_mismatch', 'no signature of this body is by a secret that is known here', {
        remedy: 'give the body byte for byte as it came, and the three headers of the same request',
      });
    context.out.answer({ valid: true, id, secret: found + 1, of: secrets.length }, () => [
      `Signed by secret ${found + 1} of ${secrets.length}. Whether it is fresh is for the receiver to check.`,
    ]);
    return 0;
  });
}

const examples = `
Secrets are never arguments: other users of the machine see those.

Example:
  $ muster webhook verify --id wh-… --timestamp 1795000000 --signature 'v1,…' < body.json`;

async function readSecrets({ api }: Context, { project = 'default', secretFile }: VerifyOptions) {
  if (secretFile === undefined) {
    const { body } = await (await api()).call('readWebhookSecrets', { params: { project } });
    return body.secrets.map(({ secret }) => secret);
  }
  const secrets = (await readText(secretFile)).split(/\s+/).filter((word) => word.startsWith('whsec_'));
  if (secrets.length > 0) return secrets;
  throw new AppError('invalid_request', `${secretFile} holds no signing secret: they begin with whsec_`, {
    remedy: 'fill it by: muster webhook secret > FILE',
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown reason';
    throw new AppError('invalid_request', `${path} cannot be read: ${reason}`, { cause });
  }
}
