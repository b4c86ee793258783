import type { JobRow } from '#contracts/job-row.ts';
import type { ModelEntry } from '#contracts/model-entry.ts';
import {
  type AwsCredential,
  defaultServer,
  type ProviderCredential,
  type ProviderKeys,
  type SelfHostedServer,
} from '#contracts/provider-keys.ts';
import { requirePrice } from '#core/money/price.ts';
import type { Deps } from '#core/ports/core-deps.ts';

/** Of an assumed role. STS takes no less, and no more where a role assumes another. */
const loanSeconds = { min: 900, max: 3_600 };

export type CredentialDeps = Deps<'keys' | 'modelAccess' | 'clock'>;

/** The one credential that this job needs, and none for a job that needs none. */
export async function credentialFor(
  deps: CredentialDeps,
  row: JobRow,
): Promise<ProviderCredential | undefined> {
  if (row.model === undefined) return undefined;
  return credentialOf(deps, row, row.model, await deps.keys.read());
}

/** Of a job with several models. One that nobody has set a key for is left out; the worker says so when it is asked for. */
export async function credentialsFor(
  deps: CredentialDeps,
  row: JobRow,
  models: readonly string[],
): Promise<Record<string, ProviderCredential>> {
  const keys = await deps.keys.read();
  const found: Record<string, ProviderCredential> = {};
  for (const model of models) {
    const credential = await credentialOf(deps, row, model, keys);
    if (credential) found[model] = credential;
  }
  return found;
}

/** A key that is missing may have been set since the keys were read last, so they are read anew before that is said. */
async function credentialOf(
  deps: CredentialDeps,
  row: JobRow,
  model: string,
  keys: ProviderKeys,
): Promise<ProviderCredential | undefined> {
  const entry = requirePrice(model);
  return (await openerOf(deps, row, entry, keys)) ?? openerOf(deps, row, entry, await deps.keys.read(true));
}

async function openerOf(
  deps: CredentialDeps,
  row: JobRow,
  entry: ModelEntry,
  keys: ProviderKeys,
): Promise<ProviderCredential | undefined> {
  if (entry.provider !== 'anthropic-aws' && entry.provider !== 'bedrock') return keyFor(entry, keys);
  return lentFor(deps, row, entry.provider, keys);
}

/** Milliseconds that are left to the row's attempt. */
export function remainingMsOf(row: JobRow, nowMs: number): number {
  return Math.max(0, Math.min(row.timeoutAtMs ?? 0, row.deadlineAtMs) - nowMs);
}

/** What opens this model, or undefined where nobody has set it. A server of your own may want nothing. */
export function keyFor(entry: ModelEntry, keys: ProviderKeys): ProviderCredential | undefined {
  const name = entry.provider;
  switch (name) {
    case 'anthropic':
    case 'openai':
    case 'google': {
      const key = keys[name];
      return key && { name, ...key };
    }
    case 'self-hosted': {
      const server = serverOf(entry, keys);
      return server || entry.baseUrl !== undefined ? { name, ...server } : undefined;
    }
    case 'anthropic-aws':
    case 'bedrock':
      return undefined;
    default:
      return name satisfies never;
  }
}

function serverOf({ server = defaultServer }: ModelEntry, keys: ProviderKeys): SelfHostedServer | undefined {
  const servers = keys['self-hosted'] ?? {};
  return Object.hasOwn(servers, server) ? servers[server] : undefined;
}

/** Asked for as long as the attempt may last, so that what leaks is soon worth nothing. */
async function lentFor(
  { modelAccess, clock }: CredentialDeps,
  row: JobRow,
  name: AwsCredential['name'],
  keys: ProviderKeys,
): Promise<AwsCredential | undefined> {
  const place = keys[name];
  // The platform wants to be told a workspace; Bedrock wants nothing.
  if (name === 'anthropic-aws' && !place) return undefined;
  const wantedSeconds = Math.ceil(remainingMsOf(row, clock.nowMs()) / 1_000);
  const seconds = Math.min(loanSeconds.max, Math.max(loanSeconds.min, wantedSeconds));
  const lent = await modelAccess.lend({ name: `${row.id}.${row.attempt}`, seconds });
  return { kind: 'aws', name, ...lent, ...place };
}
