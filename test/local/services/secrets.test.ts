import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Secrets, startSecrets } from '../../../lib/local/secrets.ts';
import type { LocalServer } from '../../../lib/local/server.ts';
import { makeSts } from '../../../lib/local/sts.ts';
import { CLIENT, clientOptions, makeTempDir, serveLocally, signedFetch } from './harness.ts';

const temp = await makeTempDir();
const file = join(temp.dir, 'secrets.json');
let secrets: Secrets;
let server: LocalServer;
let client: SecretsManagerClient;

beforeAll(async () => {
  secrets = startSecrets({ file });
  server = await serveLocally({ secretsmanager: secrets, sts: makeSts() });
  client = new SecretsManagerClient(clientOptions(server));
});

afterAll(async () => {
  client.destroy();
  await server.close();
  await temp.remove();
});

const get = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));

describe('the local Secrets Manager', () => {
  it('finds a secret by name and by ARN', async () => {
    const arn = secrets.setSecret('provider-keys', '{"anthropic":"k"}');
    expect((await get('provider-keys')).SecretString).toBe('{"anthropic":"k"}');
    expect((await get(arn)).SecretString).toBe('{"anthropic":"k"}');
  });

  it('reports an unknown secret, and a secret without a value, as not found', async () => {
    secrets.setSecret('empty');
    await expect(get('nope')).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(get('empty')).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it('keeps what is put over a restart, for its owner only, and never what it was merely given', async () => {
    secrets.setSecret('from-environment', 'planted-in-memory');
    secrets.setSecret('stored');
    await client.send(new PutSecretValueCommand({ SecretId: 'stored', SecretString: 'v2' }));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain('planted-in-memory');
    expect(startSecrets({ file }).getSecret('stored')).toBe('v2');
  });
});

describe('the tags of a secret', () => {
  const tagsOf = async (SecretId: string) => {
    const { Tags = [] } = await client.send(new DescribeSecretCommand({ SecretId }));
    return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
  };

  it('say which providers have a key, and never the key', async () => {
    const keys = { anthropic: { apiKey: 'planted-key' }, openai: { apiKey: 'other' } };
    const arn = secrets.setSecret('providers', JSON.stringify(keys));
    const described = await client.send(new DescribeSecretCommand({ SecretId: arn }));
    expect(described).toMatchObject({ ARN: arn, Name: 'providers' });
    expect(JSON.stringify(described)).not.toContain('planted-key');
    expect(await tagsOf('providers')).toEqual({
      'muster:provider:anthropic': 'configured',
      'muster:provider:openai': 'configured',
    });
    const SecretString = JSON.stringify({ google: keys.openai });
    await client.send(new PutSecretValueCommand({ SecretId: 'providers', SecretString }));
    expect(await tagsOf('providers')).toEqual({ 'muster:provider:google': 'configured' });
  });

  it('name each server of one’s own', async () => {
    const servers = { 'gpu-1': { baseUrl: 'http://gpu-1' }, 'gpu-2': { baseUrl: 'http://gpu-2' } };
    secrets.setSecret('own', JSON.stringify({ 'self-hosted': servers }));
    expect(await tagsOf('own')).toEqual({
      'muster:provider:self-hosted/gpu-1': 'configured',
      'muster:provider:self-hosted/gpu-2': 'configured',
    });
  });

  it('take what is set, over a restart, but not a provider without a key', async () => {
    const SecretId = secrets.setSecret('plain', 'no JSON');
    const Tags = [
      { Key: 'owner', Value: 'me' },
      { Key: 'muster:provider:openai', Value: 'configured' },
    ];
    await client.send(new TagResourceCommand({ SecretId, Tags }));
    expect(await tagsOf('plain')).toEqual({ owner: 'me' });
    const later = startSecrets({ file });
    later.setSecret('plain', 'no JSON');
    const other = await serveLocally({ secretsmanager: later });
    const reader = new SecretsManagerClient(clientOptions(other));
    const described = await reader.send(new DescribeSecretCommand({ SecretId }));
    reader.destroy();
    await other.close();
    expect(described.Tags).toEqual([{ Key: 'owner', Value: 'me' }]);
  });

  it('cannot be read of a secret that is not there', async () => {
    const described = client.send(new DescribeSecretCommand({ SecretId: 'nope' }));
    await expect(described).rejects.toBeInstanceOf(ResourceNotFoundException);
  });
});

describe('the local STS', () => {
  it('says who the caller is', async () => {
    const response = await signedFetch(server, {
      method: 'POST',
      service: 'sts',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    });
    expect(await response.text()).toContain(`<Arn>${CLIENT.arn}</Arn>`);
  });
});
