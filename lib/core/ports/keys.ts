import type { ProviderKeys } from '#contracts/provider-keys.ts';

export interface KeyRing {
  /** Providers without a key are left out. */
  read(): Promise<ProviderKeys>;
}
