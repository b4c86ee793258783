import * as z from 'zod';
import { modelApis } from './conversation.ts';
import { modelProviders, serverName } from './provider-keys.ts';

/** What may be asked of a model beyond text and tools. What it may not be asked, adapters leave out. */
const capabilities = z.strictObject({
  /** Takes an effort. */
  effort: z.boolean(),
  /** Caches what is marked with `cache_control`. False also where a provider caches without being asked. */
  cacheControl: z.boolean(),
  /** Takes `thinking: {type: 'adaptive'}`, and must be asked where it does not think by itself. */
  adaptiveThinking: z.boolean(),
});

const usdPerMillion = z.number().nonnegative();

const place = {
  provider: z.enum(modelProviders),
  /** The protocol: Anthropic Messages, OpenAI Responses, or OpenAI chat completions. */
  api: z.enum(modelApis),
  /** The provider's name of the model. */
  apiModel: z.string().min(1),
  /** Which of your own servers has it, by the name that `muster keys set self-hosted` gave. Default `default`. */
  server: serverName.optional(),
  /** Of a self-hosted server whose address nobody has set; of other providers, where it is not the usual one. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  contextTokens: z.number().int().positive(),
  maxOutputTokens: z.number().int().positive(),
  capabilities,
};

/** A model that Muster knows how to reach. */
export const modelEntry = z.strictObject(place);
export type ModelEntry = z.infer<typeof modelEntry>;

/**
 * And what its tokens cost, in USD per million (which is micro-dollars per token), by kind. Cache prices are no
 * fixed share of the input price, so each is given.
 */
export const modelPrice = z.strictObject({
  ...place,
  input: usdPerMillion,
  output: usdPerMillion,
  cacheWrite: usdPerMillion,
  cacheRead: usdPerMillion,
  /** The day on which the source said so. */
  date: z.iso.date(),
  source: z.string().min(1),
});
export type ModelPrice = z.infer<typeof modelPrice>;
