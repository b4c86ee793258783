import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type JsonInput, makeJsonService } from './json-service.ts';
import { arnOf } from './place.ts';
import type { LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

export interface Secrets extends LocalService {
  /** Declares a secret, with a value that is kept in memory only. Returns the secret's ARN. */
  setSecret(name: string, value?: string): string;
  getSecret(name: string): string | undefined;
}

/** AWS ends the ARN in six random characters; these are fixed, so that a restart keeps the ARN. */
const arnSuffix = '-local0';

/** Secrets Manager with one version of each secret. What PutSecretValue puts is kept in `file`, mode 0600. */
export function startSecrets({ file }: { file: string }): Secrets {
  const stored: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
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
    const aside = `${file}.${process.pid}.tmp`;
    writeFileSync(aside, JSON.stringify(stored), { mode: 0o600 });
    renameSync(aside, file);
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
  });
  return {
    ...service,
    setSecret(name, value) {
      values.set(name, value);
      return arnOfSecret(name);
    },
    getSecret: (name) => values.get(name),
  };
}

function notFound(message: string): ServiceFault {
  return new ServiceFault(400, 'ResourceNotFoundException', message);
}
