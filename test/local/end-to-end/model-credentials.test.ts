import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChatResult, JobView } from '../../../lib/contracts/job-view.ts';
import { functionWorkerId } from '../../../lib/contracts/settings.ts';
import { chatScript, readScript } from '../../../lib/local/offline-model/read-script.ts';
import type { ScriptSource } from '../../../lib/local/offline-model/script.ts';
import type { AssumedRole } from '../../../lib/local/sts.ts';
import { type FakeClaudeOnAws, startFakeClaudeOnAws, tellTale } from '../../fakes/fake-claude-on-aws.ts';
import { type Bed, briskSettings, startBed } from './harness.ts';
import { makePricedAssembly, type PricedAssembly } from './priced-assembly.ts';

const workspaceId = 'wrkspc_1';
const lookUp = 'Look it up twice.';
const use = (name: string, input: object) => ({ blocks: [{ type: 'tool_use' as const, name, input }] });
const fetchAgain = use('http_get', { url: 'https://127.0.0.1/' });
const handIn = use('submit_result', { summary: 'Looked.', evidence: [], confidence: 1, limitations: [] });
const rules = [
  { name: 'looks', when: { task: lookUp, turn: 1 }, answer: fetchAgain },
  { name: 'looks again', when: { task: lookUp, turn: 2 }, answer: fetchAgain },
  { name: 'hands in', when: { task: lookUp, turn: 3 }, answer: handIn },
] as ScriptSource['rules'];

let priced: PricedAssembly;
beforeAll(async () => {
  priced = await makePricedAssembly();
}, 60_000);
afterAll(() => priced?.remove());

describe.each([
  ['function', {}],
  ['fargate', { forceFargate: true }],
])('in the %s lane', (lane, more) => {
  const lent: AssumedRole[] = [];
  let bed: Bed;
  let claude: FakeClaudeOnAws;

  beforeAll(async () => {
    const script = { rules: [...rules, ...(await readScript(chatScript)).rules] };
    claude = await startFakeClaudeOnAws(script, (id) => lent.find(({ accessKeyId }) => accessKeyId === id));
    const secret = {
      'anthropic-aws': { workspaceId, baseUrl: claude.url },
      bedrock: { baseUrl: `${claude.url}/anthropic` },
    };
    bed = await startBed({
      assemblyDir: await priced.assemblyDir({ ...briskSettings, ...more }),
      secrets: () => JSON.stringify(secret),
      // Less than a worker wants to have left, so that every call of the model renews them.
      roles: { roleSeconds: 60, onRoleAssumed: (role) => lent.push(role) },
    });
  }, 120_000);
  afterAll(async () => {
    await bed?.close();
    await claude?.close();
  }, 20_000);

  async function ended(request: object): Promise<JobView> {
    const { id } = await bed.submit(request);
    const job = await bed.ended(id);
    await bed.settled(id);
    return job;
  }

  const chat = (prompt: string, model: string) =>
    ended({ type: 'chat', payload: { prompt }, model, maxAttempts: 1 });

  test.each([
    ['aws/claude-sonnet-5-5', 'aws-external-anthropic', workspaceId],
    ['bedrock/claude-sonnet-5-5', 'bedrock-mantle', undefined],
  ])(
    'a chat with %s is signed with what STS has lent [A4] [A5]',
    async (model, service, workspace) => {
      const before = claude.calls.length;
      const job = await chat('What is a role?', model);
      expect(job).toMatchObject({ status: 'SUCCEEDED', lane, attempt: 1 });
      expect((await bed.result<ChatResult>(job.id)).text).toContain('What is a role?');
      expect(job.costUsd).toBeGreaterThan(0);
      expect(claude.calls.slice(before)).toEqual([
        { accessKeyId: lent.at(-1)?.accessKeyId, service, workspace },
      ]);
      expect(lent.at(-1)?.arn).toMatch(
        new RegExp(`^arn:aws:sts::000000000000:assumed-role/[^/]*ModelAccess[^/]*/${job.id}.1$`),
      );
    },
    60_000,
  );

  test('an agent that outlives its credentials goes on with others [A4] [A5]', async () => {
    const before = claude.calls.length;
    const payload = { prompt: lookUp, model: 'bedrock/claude-sonnet-5-5', tools: ['http_get'] };
    const job = await ended({ type: 'agent', payload, maxAttempts: 1 });
    expect(job).toMatchObject({ status: 'SUCCEEDED', lane, attempt: 1 });
    const used = claude.calls.slice(before).map(({ accessKeyId }) => accessKeyId);
    expect(used).toHaveLength(3);
    expect(new Set(used).size).toBe(3);
  }, 60_000);

  test('nothing that was lent is anywhere: in no row, object, log or file [A5] [A9]', async () => {
    const job = await chat(tellTale, 'bedrock/claude-sonnet-5-5');
    expect(job).toMatchObject({ status: 'FAILED', error: { code: 'provider_refused' } });
    expect(job.error?.message).toContain('refused: token [secret] of [secret]');
    const keys = await bed.objectKeys();
    const objects = await Promise.all(keys.map((key) => bed.object(key)));
    const views = await bed.call('GET', `/jobs/${job.id}/events`);
    const everything = [
      JSON.stringify(await bed.items()),
      ...objects,
      views.text,
      JSON.stringify(job),
      ...filesUnder(bed.dataDir),
    ].join('\n');
    expect(everything).toContain('attempt started');
    expect(lent.length).toBeGreaterThan(6);
    const leaked = lent.flatMap(({ secretAccessKey, sessionToken }) =>
      [secretAccessKey, sessionToken].filter((secret) => everything.includes(secret)),
    );
    expect(leaked).toEqual([]);
  }, 60_000);

  test('what was lent opens nothing in this account', async () => {
    const [role] = lent;
    if (!role) throw new Error('nothing was lent');
    for (const path of ['/jobs', '/worker/start']) {
      const { status } = await bed.call(path === '/jobs' ? 'GET' : 'POST', path, undefined, {
        credentials: role,
      });
      expect(status).toBe(403);
    }
  });

  test('workers assume no role themselves [D4]', () => {
    const callers = bed.cloud.calls().filter(({ service }) => service === 'sts');
    expect(callers.map(({ caller }) => caller)).toEqual([expect.stringMatching(/^FunctionsWorkerApi/)]);
    expect(callers.map(({ caller }) => caller)).not.toContain(functionWorkerId);
  });
});

function filesUnder(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
}
