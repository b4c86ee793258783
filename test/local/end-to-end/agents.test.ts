import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { makeApiClient } from '../../../lib/adapters/client/api-client.ts';
import { findApi } from '../../../lib/adapters/client/find-api.ts';
import { followJob } from '../../../lib/cli/job/follow-job.ts';
import type { ExecutionView } from '../../../lib/contracts/executions.ts';
import type { AgentResult, JobView, ResearchResult } from '../../../lib/contracts/job-view.ts';
import { makeFolder, muster, type RunningMuster, removeFolder, startMuster } from '../../cli/harness.ts';

jest.setTimeout(120_000);

const example = join(import.meta.dirname, '../../../examples/fix-the-tests/project');
const prompt = 'The tests of this library fail. Find out why, and fix the library, not the tests.';
const runTests = ['--test', '--test-reporter=spec'];

let folder: string;
let dataDir: string;
let running: RunningMuster | undefined;

function run(args: readonly string[]) {
  return muster(['--data', dataDir, ...args], { cwd: folder });
}

async function json<T>(args: readonly string[]): Promise<T> {
  const { stdout, stderr } = await run([...args, '--json']);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

/** What `node --test` says in a folder, whether it succeeds or not. */
function testRun(cwd: string): string {
  try {
    return execFileSync(process.execPath, runTests, { cwd, encoding: 'utf8', env: {} });
  } catch (error) {
    return String((error as { stdout: unknown }).stdout);
  }
}

beforeAll(async () => {
  folder = makeFolder();
  dataDir = join(folder, 'data');
  running = await startMuster(dataDir, ['--concurrency', '2'], { cwd: folder });
});

afterAll(async () => {
  await running?.stop();
  removeFolder(folder);
});

describe('an agent that is to fix the tests of a library', () => {
  let submitted: { code: number | null; stdout: string; stderr: string };
  let job: JobView;
  let result: AgentResult;

  beforeAll(async () => {
    const task = ['--dir', example, '--prompt', prompt, '--criterion', 'All tests pass'];
    submitted = await run(['job', 'submit', 'agent', ...task, '--wait']);
    job = (await json<{ items: JobView[] }>(['job', 'list'])).items[0] as JobView;
    result = await json<AgentResult>(['job', 'result', job.id]);
  });

  test('begins with tests that really fail', () => {
    expect(testRun(example)).toContain('fail 4\n');
  });

  test('succeeds by the command of the README, which says what it sends and what it costs [A4]', () => {
    expect(submitted.code).toBe(0);
    expect(submitted.stderr).toMatch(/project: 7 files, 5\.0 KB, \S+ KB compressed \(what git keeps/);
    expect(submitted.stderr).toContain('Costs nothing: the offline model answers');
    expect(submitted.stdout).toContain('2 files changed');
    expect(job).toMatchObject({ type: 'agent', status: 'SUCCEEDED', lane: 'fargate', attempt: 1 });
  });

  test('hands in the real output of the real test run as its evidence [E4]', () => {
    expect(result).toMatchObject({ offline: true, turns: 6, confidence: 0.95 });
    expect(result.limitations).toHaveLength(1);
    const [evidence] = result.evidence;
    expect(evidence).toMatchObject({
      criterion: 'All tests pass',
      check: 'node --test --test-reporter=spec',
    });
    expect(evidence?.output).toMatch(/tests 14\n.*\n.*pass 14\n.*fail 0\n/);
    expect(evidence?.output).toMatch(/\[exit code 0, \d\.\d s\]$/);
  });

  test('names what it changed, and the files can be fetched: the tests then pass [E4]', async () => {
    expect(result.files.map(({ path, change }) => [path, change])).toEqual([
      ['lib/amount.js', 'modified'],
      ['lib/split.js', 'modified'],
    ]);
    const copy = join(folder, 'fixed');
    cpSync(example, copy, { recursive: true });
    const fetched = await run(['job', 'result', job.id, '--out', copy]);
    expect(fetched.stdout.split('\n')).toEqual([
      'M lib/amount.js  +2 -1 ++-',
      'M lib/split.js   +1 -1 +-',
      '2 files written, +3 -2 lines',
      '',
    ]);
    expect(testRun(copy)).toContain('fail 0\n');
    expect(readFileSync(join(copy, 'test/split.test.js'))).toEqual(
      readFileSync(join(example, 'test/split.test.js')),
    );
  });

  test('can be watched: its words, a line a tool, what it has cost so far', async () => {
    const { code, stdout } = await run(['job', 'watch', job.id]);
    expect(code).toBe(0);
    expect(stdout).toContain('4 of 14 tests fail, in parseAmount and in split.');
    expect(stdout).toMatch(/✗ bash node --test --test-reporter=spec {2}\d+\.\d\d s\n.*exit code 1/);
    expect(stdout).toMatch(/✓ edit_file lib\/amount\.js {2}\d+\.\d\d s\n/);
    expect(stdout).toMatch(/turn 6: \$0\.\d{4}, \$0\.\d{4} so far\n/);
  });

  test('costs what the ledger says, job by job and attempt by attempt [A8] [D6]', async () => {
    const usage = await json<{ items: { key: string; calls: number; costUsd: number }[] }>([
      'usage',
      '--by',
      'job',
    ]);
    expect(usage.items).toMatchObject([{ key: job.id, calls: 6, costUsd: job.costUsd }]);
    expect(result.costUsd).toBe(job.costUsd);
    const items = await executions();
    expect(items).toMatchObject([
      { job: job.id, type: 'agent', attempt: 1, outcome: 'SUCCEEDED', costUsd: job.costUsd },
    ]);
    expect(items[0]?.milliseconds).toBeGreaterThan(0);
  });
});

async function api() {
  return makeApiClient(await findApi({ dataDir }, {}));
}

async function executions(): Promise<ExecutionView[]> {
  const { body } = await (await api()).call('listExecutions');
  return body.items;
}

describe('the kinds without tools', () => {
  test('code answers a program alone, also in the spelling of the guide [A4] [A7]', async () => {
    const { code, stdout } = await run(['job', 'submit', 'code', 'Sort it', '--language', 'ruby', '--wait']);
    expect([code, stdout]).toEqual([
      0,
      "# Prewritten by Muster's offline model: not the program that was asked for.\n",
    ]);
    const payload = { specification: 'Sort it', language: 'ruby', max_tokens: 500, system: 'Be brief.' };
    const client = await api();
    const { body } = await client.call('submitJob', { body: { job_type: 'claude_code', payload } });
    const ended = await followJob(client, body.id);
    expect(ended).toMatchObject({ type: 'code', lane: 'function', status: 'SUCCEEDED' });
    expect(await json(['job', 'result', body.id])).toMatchObject({ language: 'ruby', offline: true });
  });

  test('research breaks a topic into questions, answers each and sums up [A4]', async () => {
    const topic = ['Why do batteries age?', '--questions', '3'];
    const { job, result } = await json<{ job: JobView; result: ResearchResult }>([
      'job',
      'submit',
      'research',
      ...topic,
      '--wait',
    ]);
    expect(job).toMatchObject({ lane: 'function', attempt: 1 });
    expect(result.questions.map(({ answer }) => answer)).toEqual([
      'A prewritten answer to "What is it?": no model has read it.',
      'A prewritten answer to "What is known about it?": no model has read it.',
      'A prewritten answer to "What is not known about it?": no model has read it.',
    ]);
    expect(result.summary).toContain('side by side');
  });
});

describe('an agent that meets a cap', () => {
  test('fails with the cap by name, and what it has done until then can be fetched', async () => {
    const task = ['--dir', example, '--prompt', prompt, '--max-turns', '4'];
    const { code, stderr } = await run(['job', 'submit', 'agent', ...task, '--wait']);
    expect(code).toBe(7);
    expect(stderr).toContain('capped');
    const id = /muster job result (\S+)/.exec(stderr)?.[1] ?? '';
    const partial = await json<AgentResult>(['job', 'result', id]);
    expect(partial.stopped?.cap).toBe('turns');
    const copy = join(folder, 'partial');
    await run(['job', 'result', id, '--out', copy]);
    expect(readFileSync(join(copy, 'lib/split.js'), 'utf8')).toContain('b.loss - a.loss');
  });
});
