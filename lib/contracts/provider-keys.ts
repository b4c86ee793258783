import * as z from 'zod';

export const providers = ['anthropic', 'openai', 'google'] as const;
export type Provider = (typeof providers)[number];

/**
 * The JSON document of the one secret that holds all provider keys. `baseUrl` points the provider's SDK at
 * another server that speaks its protocol (Ollama, vLLM, a gateway).
 */
export const providerKeys = z.partialRecord(
  z.enum(providers),
  z.strictObject({ apiKey: z.string().min(1), baseUrl: z.url().optional() }),
);
export type ProviderKeys = z.infer<typeof providerKeys>;

/** Response header by which the offline model says that its words were written beforehand. */
export const offlineHeader = 'x-muster-offline';
