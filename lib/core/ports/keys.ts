import type { ProviderKeys } from '#contracts/provider-keys.ts';

export interface KeyRing {
  /** Providers without a key are left out. */
  /** @param fresh what was read before is not good enough: a key may have been set since */
  read(fresh?: boolean): Promise<ProviderKeys>;
}
