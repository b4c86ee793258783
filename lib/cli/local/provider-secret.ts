import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import * as z from 'zod';
import { readKeyEnvironment } from '#adapters/env.ts';
import { type Provider, type ProviderKeys, providerKeys, providers } from '#contracts/provider-keys.ts';

export const offlineModelPath = '/offline-model';
/** Sent by the SDK, looked at by nobody; a word that turns up nowhere else, as keys are blotted out of logs. */
const offlineKey = 'key-of-the-offline-model';

/** Keys of the environment, and of `.env` in the working directory under it. */
export function keysOfEnvironment(directory = '.'): ProviderKeys {
  const env = readKeyEnvironment(parseEnv(readText(join(directory, '.env')) ?? ''));
  const entries = {
    anthropic: [env.ANTHROPIC_API_KEY, env.ANTHROPIC_BASE_URL],
    openai: [env.OPENAI_API_KEY, env.OPENAI_BASE_URL],
    google: [env.GOOGLE_API_KEY, env.GOOGLE_BASE_URL],
  } as const satisfies Record<Provider, readonly [string | undefined, string | undefined]>;
  const keys: ProviderKeys = {};
  for (const provider of providers) {
    const [apiKey, baseUrl] = entries[provider];
    if (apiKey !== undefined) keys[provider] = { apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) };
  }
  return keys;
}

export interface ProviderSecret {
  keys: ProviderKeys;
  offlineModel: boolean;
}

/**
 * What the local cloud's secret holds: the environment's keys, then those that `muster keys set` has kept in
 * the data folder, and the offline model where nobody gave a key for Anthropic.
 */
export function chooseKeys(environment: ProviderKeys, kept: ProviderKeys, url: string): ProviderSecret {
  const keys = { ...kept, ...environment };
  if (keys.anthropic) return { keys, offlineModel: false };
  const anthropic = { apiKey: offlineKey, baseUrl: `${url}${offlineModelPath}` };
  return { keys: { ...keys, anthropic }, offlineModel: true };
}

const marksFile = 'environment-keys.json';
const marks = z.array(z.string());

/**
 * `keys set` writes the whole secret, and so also what came from the environment. What did is remembered by its
 * digest, so that a key taken out of the environment is not used for ever after.
 */
export function noteEnvironmentKeys(dataDir: string, keys: ProviderKeys): void {
  const given = providers.flatMap((provider) => keys[provider]?.apiKey ?? []).map(digestOf);
  writeMarks(dataDir, [...new Set([...readMarks(dataDir), ...given])]);
}

/** A key that somebody sets by hand stays, even if the environment had it, too. */
export function forgetEnvironmentKey(dataDir: string, apiKey: string): void {
  writeMarks(
    dataDir,
    readMarks(dataDir).filter((mark) => mark !== digestOf(apiKey)),
  );
}

function readMarks(dataDir: string): string[] {
  return marks.safeParse(readJson(join(dataDir, marksFile))).data ?? [];
}

function writeMarks(dataDir: string, digests: readonly string[]): void {
  writeFileSync(join(dataDir, marksFile), JSON.stringify(digests), { mode: 0o600 });
}

/** What `muster keys set` has kept, by the secret's name. */
export function keptKeys(dataDir: string, secretName: string): ProviderKeys {
  const all = z.record(z.string(), z.string()).safeParse(readJson(join(dataDir, 'secrets.json')));
  const kept = providerKeys.safeParse(parseJson(all.data?.[secretName]));
  const marked = readMarks(dataDir);
  const own = providers.flatMap((provider) => {
    const key = kept.data?.[provider];
    const isOwn = key && !key.baseUrl?.endsWith(offlineModelPath) && !marked.includes(digestOf(key.apiKey));
    return isOwn ? [[provider, key] as const] : [];
  });
  const { 'self-hosted': servers, 'anthropic-aws': platform } = kept.data ?? {};
  return {
    ...Object.fromEntries(own),
    ...(servers && { 'self-hosted': servers }),
    ...(platform && { 'anthropic-aws': platform }),
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function readJson(path: string): unknown {
  return parseJson(readText(path));
}

function parseJson(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
