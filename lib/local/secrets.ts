import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { placesOf, providerKeys, providerTagPrefix } from '#contracts/provider-keys.ts';
import { type JsonInput, makeJsonService } from './json-service.ts';
import { arnOf } from './place.ts';
import type { LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

export interface Secrets extends LocalService {
  /** Declares a secret, with a value that is kept in memory only. Returns the secret's ARN. */
  setSecret(name: string, value?: string): string;
  getSecret(name: string): string | undefined;
  /** Declares a secret with a random value, which is kept on the disk: a restart finds the one before. */
  setGenerated(name: string, wanted: z.output<typeof generateSecretString>): string;
}

/** As far as it is handled: letters and digits. */
export const generateSecretString = z.strictObject({
  PasswordLength: z.coerce.number().int().min(1).max(4_096).default(32),
  ExcludePunctuation: z.literal(true, 'use excludePunctuation; nothing else is handled'),
});

/** AWS ends the ARN in six random characters; these are fixed, so that a restart keeps the ARN. */
const arnSuffix = '-local0';

const tagsInput = z.object({ Tags: z.array(z.object({ Key: z.string(), Value: z.string() })) });
type Tags = Record<string, string>;

/**
 * Secrets Manager with one version of each secret. What PutSecretValue puts is kept in `file`, mode 0600; tags
 * are kept beside it.
 */
export function startSecrets({ file }: { file: string }): Secrets {
  const tagsFile = `${file.replace(/\.json$/, '')}-tags.json`;
  const stored: Record<string, string> = readRecord(file);
  const tags: Record<string, Tags> = readRecord(tagsFile);
  const values = new Map<string, string | undefined>(Object.entries(stored));
  const arnPrefix = arnOf('secretsmanager', 'secret:');
  const arnOfSecret = (name: string): string => arnPrefix + name + arnSuffix;

  function requireName({ SecretId }: JsonInput): string {
    const given = String(SecretId);
    const name = given.startsWith('arn:') ? given.slice(arnPrefix.length, -arnSuffix.length) : given;
    if (values.has(name)) return name;
    throw notFound("Secrets Manager can't find the specified secret.");
  }

  /** Values that were set may come from the environment, and do not belong on the disk. */
  function keep(name: string, value: string): void {
    stored[name] = value;
    writeWhole(file, stored);
    values.set(name, value);
  }

  const service = makeJsonService({
    GetSecretValue(input) {
      const name = requireName(input);
      const SecretString = values.get(name);
      if (SecretString === undefined) throw notFound(`The secret ${name} has no value yet.`);
      return { ARN: arnOfSecret(name), Name: name, SecretString, VersionStages: ['AWSCURRENT'] };
    },
    PutSecretValue(input) {
      const name = requireName(input);
      if (typeof input.SecretString !== 'string')
        throw new ServiceFault(400, 'InvalidParameterException', 'The local cloud keeps SecretString only.');
      keep(name, input.SecretString);
      return { ARN: arnOfSecret(name), Name: name, VersionId: randomUUID(), VersionStages: ['AWSCURRENT'] };
    },
    DescribeSecret(input) {
      const name = requireName(input);
      const all = { ...tags[name], ...providerTags(values.get(name)) };
      const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
      return { ARN: arnOfSecret(name), Name: name, Tags };
    },
    TagResource(input) {
      const name = requireName(input);
      const given = tagsInput.safeParse(input).data;
      if (!given)
        throw new ServiceFault(400, 'InvalidParameterException', 'Tags are pairs of Key and Value.');
      // Which providers are configured is seen from the keys themselves, as they may come from the environment.
      const own = given.Tags.filter(({ Key }) => !Key.startsWith(providerTagPrefix));
      tags[name] = { ...tags[name], ...Object.fromEntries(own.map(({ Key, Value }) => [Key, Value])) };
      writeWhole(tagsFile, tags);
      return {};
    },
  });
  return {
    ...service,
    setSecret(name, value) {
      values.set(name, value);
      return arnOfSecret(name);
    },
    getSecret: (name) => values.get(name),
    setGenerated(name, { PasswordLength }) {
      if (!values.has(name)) keep(name, randomBytes(PasswordLength).toString('hex').slice(0, PasswordLength));
      return arnOfSecret(name);
    },
  };
}

function readRecord<T>(path: string): Record<string, T> {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

function writeWhole(path: string, value: object): void {
  const aside = `${path}.${process.pid}.tmp`;
  writeFileSync(aside, JSON.stringify(value), { mode: 0o600 });
  renameSync(aside, path);
}

/** Of a secret that holds keys of models' makers, and what opens servers of one's own, by their names; the offline model's key counts as one of Anthropic's. */
function providerTags(value: string | undefined): Tags {
  const keys = providerKeys.safeParse(parseOrNothing(value)).data ?? {};
  return Object.fromEntries(placesOf(keys).map(({ name }) => [providerTagPrefix + name, 'configured']));
}

function parseOrNothing(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // A secret may be any text.
    return undefined;
  }
}

function notFound(message: string): ServiceFault {
  return new ServiceFault(400, 'ResourceNotFoundException', message);
}
