import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type JsonInput, makeJsonService, ServiceFault } from './json-service.ts';
import type { LocalService } from './service.ts';

export interface SecretsOptions {
  /** Where PutSecretValue and CreateSecret are kept, mode 0600; undefined keeps them in memory. */
  file?: string;
  region?: string;
  accountId?: string;
}

export interface Secrets extends LocalService {
  /** Gives a value that was not put by a caller; kept in memory only. Returns the secret's ARN. */
  setSecret(nameOrArn: string, value: string): string;
  /** Declares a secret without a value, as a template does. Returns the secret's ARN. */
  ensureSecret(name: string): string;
  getSecret(nameOrArn: string): string | undefined;
}

interface Secret {
  name: string;
  value: string | undefined;
  versionId: string;
  changedAt: number;
}

/** AWS ends the ARN in six random characters; these are fixed, so that a restart keeps the ARN. */
const ARN_SUFFIX = '-local0';

/** Secrets Manager with one version of each secret. */
export async function startSecrets(options: SecretsOptions): Promise<Secrets> {
  const arnPrefix = `arn:aws:secretsmanager:${options.region ?? 'us-east-1'}:${options.accountId ?? '000000000000'}:secret:`;
  const secrets = new Map<string, Secret>();
  const stored = readFile(options.file);
  for (const [name, value] of Object.entries(stored)) put(name, value);

  function toName(nameOrArn: string): string {
    if (!nameOrArn.startsWith('arn:')) return nameOrArn;
    return nameOrArn.slice(arnPrefix.length).replace(/-[A-Za-z0-9]{6}$/, '');
  }
  function put(name: string, value: string | undefined): Secret {
    const secret = { name, value, versionId: randomUUID(), changedAt: Date.now() / 1000 };
    secrets.set(name, secret);
    return secret;
  }
  function require(input: JsonInput): Secret {
    const secret = secrets.get(toName(String(input.SecretId)));
    if (secret) return secret;
    throw new ServiceFault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  function save(name: string, input: JsonInput): Secret {
    if (typeof input.SecretString !== 'string') {
      throw new ServiceFault('InvalidParameterException', 'The local cloud keeps SecretString only.');
    }
    // Values that the caller gave may come from the environment, and do not belong on the disk.
    stored[name] = input.SecretString;
    writeFile(options.file, stored);
    return put(name, input.SecretString);
  }
  const describe = (secret: Secret) => ({
    ARN: `${arnPrefix}${secret.name}${ARN_SUFFIX}`,
    Name: secret.name,
    LastChangedDate: secret.changedAt,
  });
  const withVersion = (secret: Secret) => ({ ...describe(secret), VersionId: secret.versionId });

  const service = makeJsonService({
    GetSecretValue: (input) => {
      const secret = require(input);
      if (secret.value === undefined) {
        const message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
        throw new ServiceFault('ResourceNotFoundException', message);
      }
      const details = {
        SecretString: secret.value,
        VersionStages: ['AWSCURRENT'],
        CreatedDate: secret.changedAt,
      };
      return { ...withVersion(secret), ...details };
    },
    PutSecretValue: (input) => {
      const secret = save(require(input).name, input);
      return { ...withVersion(secret), VersionStages: ['AWSCURRENT'] };
    },
    CreateSecret: (input) => {
      const name = String(input.Name);
      if (secrets.has(name)) {
        throw new ServiceFault('ResourceExistsException', `The secret ${name} already exists.`);
      }
      return withVersion(input.SecretString === undefined ? put(name, undefined) : save(name, input));
    },
    DescribeSecret: (input) => {
      const secret = require(input);
      const stages = secret.value === undefined ? {} : { [secret.versionId]: ['AWSCURRENT'] };
      return { ...describe(secret), VersionIdsToStages: stages };
    },
    ListSecrets: () => ({ SecretList: [...secrets.values()].map(describe) }),
  });
  return {
    ...service,
    setSecret: (nameOrArn, value) => describe(put(toName(nameOrArn), value)).ARN,
    ensureSecret: (name) => describe(secrets.get(name) ?? put(name, undefined)).ARN,
    getSecret: (nameOrArn) => secrets.get(toName(nameOrArn))?.value,
  };
}

function readFile(file: string | undefined): Record<string, string> {
  if (file === undefined || !existsSync(file)) return {};
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
}

function writeFile(file: string | undefined, secrets: Record<string, string>): void {
  if (file === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  const tmp = `${file}.${process.pid}.tmp`;
  writeFileSync(tmp, JSON.stringify(secrets), { mode: 0o600 });
  renameSync(tmp, file);
}
