import type { AwsCredential, ProviderCredential } from '#contracts/provider-keys.ts';
import { secretsOf } from '#contracts/provider-keys.ts';
import type { RenewCredential, WorkerTime } from '#core/ports/worker.ts';

/** A call's signature is checked as it begins, so what is left has to outlast the retries of a turn, no more. */
const renewBeforeMs = 5 * 60_000;

export interface KeptCredential {
  /** One that still lasts a while. Ask before every call. */
  read(signal: AbortSignal): Promise<AwsCredential>;
  /** Of all that there were: a call that is under way still has the one before. */
  secrets(): readonly string[];
}

/** Credentials of AWS in this worker's memory, renewed before they end, once for all who wait for them. */
export function keepCredential(
  first: AwsCredential,
  renew: RenewCredential,
  time: WorkerTime,
): KeptCredential {
  let current = first;
  let renewAtMs = renewalOf(first, time);
  let pending: Promise<AwsCredential> | undefined;
  const secrets = secretsOf(first);

  async function renewed(signal: AbortSignal): Promise<AwsCredential> {
    current = requireSame(await renew(signal), current);
    renewAtMs = renewalOf(current, time);
    secrets.push(...secretsOf(current));
    return current;
  }

  return {
    async read(signal) {
      if (time.nowMs() < renewAtMs) return current;
      pending ??= renewed(signal).finally(() => {
        pending = undefined;
      });
      return pending;
    },
    secrets: () => secrets,
  };
}

function renewalOf({ validSeconds }: AwsCredential, time: WorkerTime): number {
  return time.nowMs() + validSeconds * 1_000 - renewBeforeMs;
}

/** The client was made for one service. */
function requireSame(next: ProviderCredential, { name }: AwsCredential): AwsCredential {
  if (next.kind === 'aws' && next.name === name) return next;
  throw new Error(`The credential of ${name} was renewed as one of ${next.name}`);
}
