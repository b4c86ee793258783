import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutionView } from '../../../lib/contracts/executions.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import type { TokenUsage, UsageItem } from '../../../lib/contracts/usage.ts';
import { createOfflineModel } from '../../../lib/local/offline-model/offline-model.ts';
import { chatScript, readScript } from '../../../lib/local/offline-model/read-script.ts';
import { parseScript } from '../../../lib/local/offline-model/script.ts';
import { startFakeServer } from '../../fakes/fake-provider.ts';
import { briskSettings, setProviderKey } from './harness.ts';
import { type RunBed, startRunBed } from './run-bed.ts';
import { objectiveOf, type Story, type StoryAction, tell } from './stories.ts';

const servers = ['gpu-1', 'gpu-2', 'gpu-3', 'gpu-4'];
const bash = (command: string) => [{ name: 'bash', input: { command } }];
const write = (path: string, content: string) => [{ name: 'write_file', input: { path, content } }];
const tests = [{ tool: 'run_tests' }];

/** Each specialist looks, measures, changes and measures again, as its prompt wants it. */
const actions: StoryAction[] = [
  {
    id: 1,
    owner: 'kernel_specialist',
    kind: 'kernel',
    priority: 'high',
    checks: tests,
    turns: [
      bash('cat dot.js test/dot.test.js'),
      [{ name: 'run_tests', input: {} }],
      write(
        'dot.js',
        'exports.dot = (a, b) => {\n  let s = 0;\n  for (let i = 0; i < a.length; i++) s += a[i] * b[i];\n  return s;\n};\n',
      ),
      [{ name: 'run_tests', input: {} }],
    ],
  },
  {
    id: 2,
    owner: 'integration_specialist',
    kind: 'integration',
    checks: [{ tool: 'build' }, ...tests],
    dependsOn: [1],
    turns: [
      bash('ls -R . && cat package.json'),
      write('index.js', "exports.dot = require('./dot.js').dot;\n"),
      bash('node -e "console.log(require(\'./index.js\').dot([1, 2], [3, 4]))"'),
      [{ name: 'build', input: {} }],
    ],
  },
  {
    id: 3,
    owner: 'profiling_specialist',
    kind: 'profiling',
    checks: [{ tool: 'compare_benchmark', args: { tolerancePercent: 50 } }],
    dependsOn: [1],
    turns: [
      bash('cat benchmarks/baseline.json'),
      bash('node -e "require(\'./dot.js\').dot([1], [2])" && echo measured'),
      write('benchmarks/current.json', '{ "dot": 4 }\n'),
      [{ name: 'compare_benchmark', input: { tolerancePercent: 50 } }],
    ],
  },
  {
    id: 4,
    owner: 'documentation_specialist',
    kind: 'documentation',
    priority: 'low',
    checks: [{ tool: 'file_has', args: { path: 'README.md', text: 'dot(a, b)' } }],
    dependsOn: [2],
    turns: [
      [{ name: 'list_files', input: {} }],
      [{ name: 'read_file', input: { path: 'dot.js' } }],
      write('README.md', '# Products\n\n`dot(a, b)` is the sum of products of equal places.\n'),
      [{ name: 'file_has', input: { path: 'README.md', text: 'dot(a, b)' } }],
    ],
  },
  {
    id: 5,
    owner: 'testing_specialist',
    kind: 'testing',
    priority: 'low',
    checks: tests,
    dependsOn: [2],
    turns: [
      bash('cat test/dot.test.js'),
      bash(
        "sed 's/dots/dots of nothing/; s/\\[1, 2\\], \\[3, 4\\]), 11/[], []), 0/' test/dot.test.js > test/empty.test.js",
      ),
      [{ name: 'run_tests', input: {} }],
      bash('cat test/empty.test.js'),
    ],
  },
];
const story: Story = {
  name: 'products',
  members: [...new Set(actions.map(({ owner }) => owner))],
  cycles: [{ actions }],
};

interface Machine {
  url: string;
  /** Models that it was asked for. */
  models: string[];
  close(): Promise<void>;
}

/** A server of one's own that speaks the Messages protocol; the words are the story's here too. */
async function startMachine(rules: readonly object[]): Promise<Machine> {
  const model = createOfflineModel({ script: parseScript({ rules }), deltaMs: 0 });
  const models: string[] = [];
  const { url, close } = await startFakeServer((req, res, body) => {
    const asked = JSON.parse(body.toString('utf8')) as { model: string };
    models.push(asked.model);
    // It knows models by its own names; what plays them knows Claude's alone.
    return model(req, res, Buffer.from(JSON.stringify({ ...asked, model: 'claude-opus-5-5' })));
  });
  return { url, models, close };
}

let bed: RunBed;
let folder: string;
let machines: Record<string, Machine>;
let run: RunView;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-distributed-'));
  for (const name of ['test', 'benchmarks']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'package.json'), '{ "name": "products", "private": true }\n');
  writeFileSync(join(folder, 'benchmarks/baseline.json'), '{ "dot": 4 }\n');
  writeFileSync(join(folder, 'dot.js'), 'exports.dot = (a, b) => a[0] * b[0];\n');
  const body = "require('node:assert').equal(require('../dot.js').dot([1, 2], [3, 4]), 11);";
  writeFileSync(join(folder, 'test/dot.test.js'), `require('node:test')('dots', () => {\n  ${body}\n});\n`);
  const modelRules = tell([story]);
  const { rules } = await readScript(chatScript);
  const started = servers.map(async (name) => [name, await startMachine([...modelRules, ...rules])] as const);
  machines = Object.fromEntries(await Promise.all(started));
  bed = await startRunBed({
    settings: briskSettings,
    modelRules,
    environment: { SELF_HOSTED_MODELS: 'true' },
  });
  const own = Object.entries(machines).map(([name, { url }]) => [name, { baseUrl: url, apiKey: 'own' }]);
  await setProviderKey(bed, { 'self-hosted': Object.fromEntries(own) });
  const workspace = await bed.upload('products', folder);
  const objective = objectiveOf(story);
  const { id } = await bed.start({
    team: 'distributed',
    project: 'products',
    objective,
    workspace,
    maxCycles: 1,
  });
  run = await bed.ended(id);
}, 180_000);
afterAll(async () => {
  await bed?.close();
  for (const machine of Object.values(machines ?? {})) await machine.close();
  rmSync(folder, { recursive: true, force: true });
}, 20_000);

const tokensOf = ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: TokenUsage) =>
  inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;

describe('the team distributed, with four servers of its own and Claude', () => {
  test('cuts the objective into tasks for its specialists, and is Done [E1]', async () => {
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done' });
    expect(run.cycles[0]?.actions.map(({ owner, kind, status }) => [owner, kind, status])).toEqual(
      actions.map(({ owner, kind }) => [owner, kind, 'DONE']),
    );
    expect(Object.keys(await bed.workspace(run.id)).sort()).toEqual(
      [
        'README.md',
        'benchmarks/baseline.json',
        'benchmarks/current.json',
        'dot.js',
        'index.js',
        'package.json',
      ]
        .concat(['test/dot.test.js', 'test/empty.test.js'])
        .sort(),
    );
  });

  test('has each result checked by a second specialist, and the whole reviewed by the coordinator [E5]', async () => {
    for (const { id, owner } of actions) {
      const { run: place } = await bed.row(`${run.id}-c1-a${id}-r0-check`);
      expect(place?.agent).toBe(
        owner === 'testing_specialist' ? 'integration_specialist' : 'testing_specialist',
      );
    }
    expect((await bed.row(`${run.id}-c1-review`)).run?.agent).toBe('coordinator');
  });

  test('lets all four servers work, and Claude serve a tenth of the tokens at most [E2] [E8]', async () => {
    for (const name of servers) expect(new Set(machines[name]?.models).size).toBe(1);
    const { items } = await bed.must<{ items: UsageItem[] }>('GET', '/usage?by=model&project=products');
    const shares = items.map(({ key, usage }) => ({ model: key, tokens: tokensOf(usage) }));
    const sum = (of: typeof shares) => of.reduce((total, { tokens }) => total + tokens, 0);
    const share = sum(shares.filter(({ model }) => model.startsWith('claude-'))) / sum(shares);
    const lines = shares.map(({ model, tokens }) => `${model}: ${tokens} tokens`);
    console.log(`${lines.join('\n')}\nshare of Claude: ${(share * 100).toFixed(1)} %`);
    expect(shares.map(({ model }) => model).sort()).toEqual([
      'claude-opus-5-5',
      'self-hosted/gpu-1/deepseek-coder-v2',
      'self-hosted/gpu-2/qwen3-coder',
      'self-hosted/gpu-3/qwen3-coder',
      'self-hosted/gpu-4/llama3.3',
    ]);
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThanOrEqual(0.1);
  });

  test('D6, E8: the figures of each agent are those that can be counted by hand', async () => {
    const { items } = await bed.must<{ items: UsageItem[] }>('GET', '/usage?by=agent&project=products');
    const executions = (
      await bed.must<{ items: ExecutionView[] }>('GET', '/executions?project=products&limit=100')
    ).items;
    for (const action of run.cycles[0]?.actions ?? []) {
      const own = executions.filter(({ agent }) => agent === action.owner);
      const seconds = own.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
      const inContainers = await Promise.all(
        own.map(async ({ job, milliseconds }) =>
          (await bed.row(job)).lane === 'fargate' ? milliseconds / 1000 : 0,
        ),
      );
      const vcpuSeconds = inContainers.reduce((sum, each) => sum + each, 0);
      const isAtFirstTry = action.jobs.filter((job) => job.includes('-check')).length === 1;
      const { work } = items.find(({ key }) => key === action.owner) as UsageItem;
      expect(work).toEqual({
        attempts: own.length,
        seconds: expect.closeTo(seconds, 2),
        // One vCPU and two GiB each.
        vcpuSeconds: expect.closeTo(vcpuSeconds, 1),
        gibSeconds: expect.closeTo(2 * vcpuSeconds, 1),
        jobs: own.length,
        jobsSucceeded: own.filter(({ outcome }) => outcome === 'SUCCEEDED').length,
        actions: 1,
        actionsDone: 1,
        actionsAtFirstTry: isAtFirstTry ? 1 : 0,
        actionSeconds: expect.closeTo(secondsBetween(action.startedAt, action.endedAt), 2),
        criteria: 1,
        criteriaMet: 1,
        runs: 0,
        runsSucceeded: 0,
      });
    }
  });

  test('D6, E8: the project has its run, its share of Claude, and the sum of all agents', async () => {
    const read = async (by: string) =>
      (await bed.must<{ items: UsageItem[] }>('GET', `/usage?by=${by}&project=products`)).items;
    const [byProject, byRun, byAgent, byModel] = await Promise.all(
      ['project', 'run', 'agent', 'model'].map(read),
    );
    const [project] = byProject ?? [];
    expect(project).toMatchObject({ key: 'products', work: { runs: 1, runsSucceeded: 1, actions: 5 } });
    expect(byRun?.map(({ key, work }) => [key, work.runsSucceeded])).toEqual([[run.id, 1]]);
    const sum = (items: UsageItem[] | undefined, of: (item: UsageItem) => number) =>
      items?.reduce((total, item) => total + of(item), 0);
    expect(sum(byAgent, ({ work }) => work.attempts)).toBe(project?.work.attempts);
    expect(sum(byModel, ({ work }) => work.actionsDone)).toBe(5);
    const claude = byModel?.filter(({ key }) => key.startsWith('claude-'));
    expect(project?.claudeTokens).toBe(sum(claude, ({ usage }) => tokensOf(usage)));
  });
});

function secondsBetween(from: string | undefined, to: string | undefined): number {
  return (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
}
