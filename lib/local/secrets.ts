import type { LocalService } from './service.ts';

export interface SecretsOptions {
  /** Where PutSecretValue is kept, mode 0600; undefined keeps it in memory. */
  file?: string;
  region?: string;
  accountId?: string;
}

export interface Secrets extends LocalService {
  /** Gives a value that was not put by a caller; kept in memory only. Returns the secret's ARN. */
  setSecret(nameOrArn: string, value: string): string;
  /** Declares a secret without a value, as a template does. Returns the secret's ARN. */
  ensureSecret(name: string): string;
  getSecret(nameOrArn: string): string | undefined;
}

export async function startSecrets(_options: SecretsOptions): Promise<Secrets> {
  throw new Error('not yet');
}
