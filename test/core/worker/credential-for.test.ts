import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { JobRow } from '#contracts/job-row.ts';
import { modelPrices } from '#contracts/model-prices.ts';
import type { ProviderKeys } from '#contracts/provider-keys.ts';
import { credentialFor } from '#core/worker/credential-for.ts';
import { renewCredential } from '#core/worker/renew-credential.ts';
import { chatBody, rowOf, startNext, submit } from '../../fakes/job-steps.ts';
import { makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { pricedOnAws } from '../../fakes/priced-on-aws.ts';

const workspace = { workspaceId: 'wrkspc_1' };
const model = (provider: string) => `${provider === 'bedrock' ? 'bedrock' : 'aws'}/claude-sonnet-5-5`;

let forget: () => void;
beforeEach(() => {
  forget = pricedOnAws();
});
afterEach(() => forget());

async function begin(changes: object, keys: ProviderKeys = { 'anthropic-aws': workspace }) {
  const deps = makeMemoryDeps({ keys });
  await submit(deps, { ...chatBody, ...changes });
  const worker = await startNext(deps);
  const row: JobRow = await rowOf(deps, worker.id);
  return { deps, worker, row };
}

describe('a model that is called with AWS credentials', () => {
  test.each(['anthropic-aws', 'bedrock'])(
    'of %s gets those of a role, for this attempt [A5]',
    async (name) => {
      const { deps, row } = await begin({ model: model(name) });
      deps.modelAccess.borrowers.length = 0;
      expect(await credentialFor(deps, row)).toEqual({
        kind: 'aws',
        name,
        accessKeyId: 'ASIALENT1',
        secretAccessKey: 'lent-secret-1',
        sessionToken: 'lent-token-1',
        validSeconds: 3_600,
        region: 'eu-central-1',
        ...(name === 'anthropic-aws' && workspace),
      });
      expect(deps.modelAccess.borrowers).toEqual([{ name: `${row.id}.1`, seconds: 3_600 }]);
      expect(JSON.stringify([...deps.store.rows.values()])).not.toContain('lent-');
    },
  );

  test.each([
    [60, 900],
    [1_800, 1_800],
    [86_400, 3_600],
  ])('with %i s to go borrows for %i s', async (timeoutSeconds, seconds) => {
    const { deps } = await begin({ model: model('bedrock'), timeoutSeconds });
    expect(deps.modelAccess.borrowers.map((borrower) => borrower.seconds)).toEqual([seconds]);
  });

  test('of the platform gets none until somebody has said which workspace', async () => {
    const { deps, row } = await begin({ model: model('anthropic-aws') }, {});
    expect(await credentialFor(deps, row)).toBeUndefined();
    expect(deps.modelAccess.borrowers).toEqual([]);
  });

  test('goes where the secret says, for gateways', async () => {
    const { deps, row } = await begin(
      { model: model('bedrock') },
      { bedrock: { baseUrl: 'http://gateway' } },
    );
    expect(await credentialFor(deps, row)).toMatchObject({ name: 'bedrock', baseUrl: 'http://gateway' });
  });
});

test('a job of another provider borrows nothing', async () => {
  const { deps } = await begin({}, { anthropic: { apiKey: 'k' } });
  expect(deps.modelAccess.borrowers).toEqual([]);
});

describe('a renewal', () => {
  const want = { capability: 'model' } as const;

  test('hands out new credentials of the same kind', async () => {
    const { deps, worker } = await begin({ model: model('bedrock') });
    const { provider } = await renewCredential(deps, { ...worker.session, ...want });
    expect(provider).toMatchObject({ kind: 'aws', name: 'bedrock', accessKeyId: 'ASIALENT2' });
  });

  test('is refused to whoever does not have the attempt [A9]', async () => {
    const { deps, worker } = await begin({ model: model('bedrock') });
    const foreign = { ...worker.session, ...want, session: '55'.repeat(32) };
    await expect(renewCredential(deps, foreign)).rejects.toMatchObject({ code: 'forbidden' });
    const late = { ...worker.session, ...want, attempt: 2 };
    await expect(renewCredential(deps, late)).rejects.toMatchObject({ code: 'stale_attempt' });
    expect(deps.modelAccess.borrowers).toHaveLength(1);
  });

  test('of a job without a model is refused', async () => {
    const { deps, worker } = await begin({ type: 'echo', payload: { message: 'hi' }, model: undefined });
    await expect(renewCredential(deps, { ...worker.session, ...want })).rejects.toMatchObject({
      code: 'provider_key_missing',
    });
  });
});

test('models of AWS have no price unless somebody writes one down', () => {
  forget();
  for (const id of [model('bedrock'), model('anthropic-aws')]) expect(modelPrices[id]).toBeUndefined();
});

test('a key that was set since the keys were read last is found, and looked for once [A5]', async () => {
  const deps = makeMemoryDeps();
  const asked: boolean[] = [];
  const read = async (fresh = false): Promise<ProviderKeys> => {
    asked.push(fresh);
    return fresh ? { anthropic: { apiKey: 'set-just-now' } } : {};
  };
  await submit(deps, chatBody);
  const worker = await startNext(deps);
  const row = await rowOf(deps, worker.id);
  const found = await credentialFor({ ...deps, keys: { read } }, row);
  expect(found).toMatchObject({ name: 'anthropic', apiKey: 'set-just-now' });
  expect(asked).toEqual([false, true]);
});
