import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AppError } from '#contracts/errors.ts';
import type { WebhookMaster } from '#core/ports/webhooks.ts';
import { maxAttempts } from './clients.ts';

/** Made by CloudFormation and never changed: a project's secret is rotated by its version. So it is read once. */
export function makeWebhookMaster(
  SecretId: string,
  client = new SecretsManagerClient({ maxAttempts }),
): WebhookMaster {
  let known: string | undefined;
  return {
    async read() {
      known ??= (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
      if (known) return known;
      throw new AppError('internal', 'the secret that webhooks are signed by is empty', {
        retryable: false,
        remedy: `put 64 random characters into it: aws secretsmanager put-secret-value --secret-id ${SecretId}`,
      });
    },
  };
}
