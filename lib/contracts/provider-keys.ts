import * as z from 'zod';

/** Makers of models that give out keys. */
export const providers = ['anthropic', 'openai', 'google'] as const;
export type Provider = (typeof providers)[number];

/** Everywhere that a model can be reached: with a key, with AWS credentials, or on a server of your own. */
export const modelProviders = [...providers, 'anthropic-aws', 'bedrock', 'self-hosted'] as const;
export type ModelProvider = (typeof modelProviders)[number];

/** Of a server of your own; part of the ids of its models. */
export const serverName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 lower-case letters, digits and hyphens');
/** The server of models that name none. */
export const defaultServer = 'default';

const address = z.url({ protocol: /^https?$/ });

const selfHostedServer = z.strictObject({
  /** Without `/v1` where it speaks Messages, with it where it speaks chat completions. */
  baseUrl: address,
  /** Left out where it wants none. */
  apiKey: z.string().min(1).optional(),
});
export type SelfHostedServer = z.infer<typeof selfHostedServer>;

/**
 * The JSON document of the one secret that holds all provider keys. `baseUrl` points the provider's SDK at
 * another server that speaks its protocol (a gateway, say). `self-hosted` holds servers of your own by their
 * names. What is called with AWS credentials has no key in here, only what else has to be known.
 */
const providerKey = z.strictObject({ apiKey: z.string().min(1), baseUrl: z.url().optional() });
export const providerKeys = z
  .strictObject({
    anthropic: providerKey,
    openai: providerKey,
    google: providerKey,
    'self-hosted': z.record(serverName, selfHostedServer),
    'anthropic-aws': z.strictObject({ workspaceId: z.string().min(1), baseUrl: z.url().optional() }),
    bedrock: z.strictObject({ baseUrl: z.url().optional() }),
  })
  .partial();
export type ProviderKeys = z.infer<typeof providerKeys>;

/** What the secret holds, without its secrets: `openai`, `self-hosted/gpu-1`, and where each is to be used. */
export function placesOf(keys: ProviderKeys): { name: string; baseUrl?: string | undefined }[] {
  const { 'self-hosted': servers = {}, ...others } = keys;
  return [
    ...Object.entries(others).map(([name, { baseUrl }]) => ({ name, baseUrl })),
    ...Object.entries(servers).map(([name, { baseUrl }]) => ({ name: `self-hosted/${name}`, baseUrl })),
  ];
}

const keyCredential = z.strictObject({
  kind: z.literal('key').optional(),
  name: z.enum([...providers, 'self-hosted']),
  /** Left out for a self-hosted server that wants none. */
  apiKey: z.string().min(1).optional(),
  /** Default: the model's own, and then the provider's usual one. */
  baseUrl: z.string().optional(),
});
export type KeyCredential = z.infer<typeof keyCredential>;

const awsFields = z.strictObject({
  kind: z.literal('aws'),
  name: z.enum(['anthropic-aws', 'bedrock']),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1),
  /** How long they last from when they were handed out. */
  validSeconds: z.number().int().positive(),
  region: z.string().min(1),
  /** Claude Platform on AWS asks for one, Bedrock does not. */
  workspaceId: z.string().min(1).optional(),
  baseUrl: z.string().optional(),
});
export type AwsCredential = z.infer<typeof awsFields>;
const awsCredential = awsFields.refine(
  ({ name, workspaceId }) => name !== 'anthropic-aws' || workspaceId !== undefined,
  { path: ['workspaceId'], message: 'Claude Platform on AWS needs a workspace' },
);

/** The one credential that a job needs; in the worker's memory only, never written anywhere. */
export const providerCredential = z.union([keyCredential, awsCredential]);
export type ProviderCredential = z.infer<typeof providerCredential>;

/** What must never appear in a log, an error, a transcript or a prompt. */
export function secretsOf(credential: ProviderCredential): string[] {
  if (credential.kind === 'aws') return [credential.secretAccessKey, credential.sessionToken];
  return credential.apiKey === undefined ? [] : [credential.apiKey];
}

/** Tags of the secret say which providers have a key: `muster:provider:anthropic` = `configured`. */
export const providerTagPrefix = 'muster:provider:';

/** Response header by which the offline model says that its words were written beforehand. */
export const offlineHeader = 'x-muster-offline';
