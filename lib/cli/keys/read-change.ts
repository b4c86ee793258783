import { readLocalFile, writeLocalFile } from '#adapters/client/local-file.ts';
import { AppError } from '#contracts/errors.ts';
import { defaultServer, type Provider, type ProviderKeys, providerKeys } from '#contracts/provider-keys.ts';
import { forgetEnvironmentKey } from '../local/provider-secret.ts';
import { readOptionalSecret, readSecret } from '../read-secret.ts';

export type KeySubject = Provider | 'self-hosted' | 'anthropic-aws';

export interface KeyOptions {
  baseUrl?: string;
  name?: string;
  workspace?: string;
}

export interface KeyChange {
  /** For people. */
  what: string;
  change(keys: ProviderKeys): ProviderKeys;
  /** What a local cloud has to remember besides. */
  noteLocally(dataDir: string): void;
}

/**
 * Refuses before anybody types a secret.
 *
 * @throws AppError `invalid_request`; `not_supported_yet` for a server of your own where workers cannot reach it
 */
export function requireSettable(subject: KeySubject, options: KeyOptions, targetKind: string): void {
  refuseForeign(subject, options);
  if (subject !== 'self-hosted' || targetKind === 'local') return;
  throw new AppError('not_supported_yet', 'workers in AWS cannot reach a server of your own', {
    remedy: 'set it for the local cloud: npm start, then the same command',
  });
}

/** Asks for what `keys set` still needs to know, and says what it changes. */
export async function readChange(subject: KeySubject, options: KeyOptions): Promise<KeyChange> {
  if (subject === 'anthropic-aws') return workspaceChange(options);
  if (subject === 'self-hosted') return serverChange(options);
  return keyChange(subject, options);
}

/** An option that means nothing here would be ignored, and somebody would rely on it. */
function refuseForeign(subject: KeySubject, { name, workspace }: KeyOptions): void {
  const foreign =
    name !== undefined && subject !== 'self-hosted'
      ? ['--name', 'self-hosted']
      : workspace !== undefined && subject !== 'anthropic-aws'
        ? ['--workspace', 'anthropic-aws']
        : undefined;
  if (!foreign) return;
  throw new AppError('invalid_request', `${foreign[0]} means nothing to ${subject}`, {
    remedy: `leave it out, or set ${foreign[1]}`,
  });
}

async function keyChange(provider: Provider, { baseUrl }: KeyOptions): Promise<KeyChange> {
  const apiKey = await readSecret(`Key of ${provider} (it is not shown): `);
  const key = { apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) };
  return {
    what: `The key of ${provider}`,
    change: changeTo({ [provider]: key }),
    noteLocally: (dataDir) => noteKey(dataDir, provider, apiKey),
  };
}

function noteKey(dataDir: string, provider: Provider, apiKey: string): void {
  forgetEnvironmentKey(dataDir, apiKey);
  const file = readLocalFile(dataDir);
  // From now on answers cost money here too, and commands must say so.
  if (file && provider === 'anthropic') writeLocalFile(dataDir, { ...file, offlineModel: false });
}

async function serverChange({ baseUrl, name = defaultServer }: KeyOptions): Promise<KeyChange> {
  if (baseUrl === undefined) {
    throw new AppError('invalid_request', 'a server of your own needs an address', {
      remedy: `muster keys set self-hosted --name ${name} --base-url http://HOST:PORT`,
    });
  }
  // Checked before anybody types a token.
  changeTo({ 'self-hosted': { [name]: { baseUrl } } });
  const apiKey = await readOptionalSecret(`Token of ${name} (it is not shown; empty for none): `);
  const server = { baseUrl, ...(apiKey === undefined ? {} : { apiKey }) };
  return {
    what: `The server ${name}`,
    change: (keys) => changeTo({ 'self-hosted': { ...keys['self-hosted'], [name]: server } })(keys),
    noteLocally: () => undefined,
  };
}

async function workspaceChange({ baseUrl, workspace }: KeyOptions): Promise<KeyChange> {
  if (workspace === undefined) {
    throw new AppError('invalid_request', 'Claude Platform on AWS wants to be told a workspace', {
      remedy: 'muster keys set anthropic-aws --workspace WORKSPACE',
    });
  }
  const platform = { workspaceId: workspace, ...(baseUrl === undefined ? {} : { baseUrl }) };
  return {
    what: `The workspace ${workspace}`,
    change: changeTo({ 'anthropic-aws': platform }),
    noteLocally: () => undefined,
  };
}

/** @throws AppError `invalid_request` that names each fault, never a value */
function changeTo(part: ProviderKeys): (keys: ProviderKeys) => ProviderKeys {
  const parsed = providerKeys.safeParse(part);
  if (parsed.success) return (keys) => ({ ...keys, ...parsed.data });
  const faults = parsed.error.issues.map((issue) => {
    const [inner] = issue.code === 'invalid_key' ? issue.issues : [];
    return `${issue.path.join('.')}: ${inner?.message ?? issue.message}`;
  });
  throw new AppError('invalid_request', `this cannot be set: ${faults.join('; ')}`);
}
