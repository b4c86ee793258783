import Anthropic, { type BaseAnthropic, type ClientOptions } from '@anthropic-ai/sdk';
import type { KeyCredential } from '#contracts/provider-keys.ts';
import type { Fetch } from './watched-fetch.ts';

/** Makes a client of the Messages API for one call, with what opens it at that moment. */
export type MakeClient = (fetch: Fetch, signal: AbortSignal) => MessagesClient | Promise<MessagesClient>;
export type MessagesClient = BaseAnthropic & Pick<Anthropic, 'messages'>;

/** What every client is made with, whichever credential it has. */
export function commonOptions(fetch: Fetch): ClientOptions {
  return {
    fetch,
    maxRetries: 0,
    openTelemetry: false,
    // The SDK logs what it cannot parse, and that is what a model wrote.
    logLevel: 'off',
  };
}

/** With a key, or none for a server of your own: Anthropic's own, or another that speaks its protocol. */
export function makeKeyClient(credential: KeyCredential, modelUrl: string | undefined): MakeClient {
  return (fetch) =>
    new Anthropic({
      ...commonOptions(fetch),
      // Some servers insist on a key and look at none.
      apiKey: credential.apiKey ?? 'none',
      authToken: null,
      // Named always: left out, the SDK would look for it in the environment.
      baseURL: credential.baseUrl ?? modelUrl ?? 'https://api.anthropic.com',
    });
}
