import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type ApiClient, makeApiClient } from '../../lib/adapters/client/api-client.ts';
import { findApi } from '../../lib/adapters/client/find-api.ts';
import { followJob } from '../../lib/cli/job/follow-job.ts';
import type { JobView } from '../../lib/contracts/job-view.ts';
import { startFakeOllama } from '../fakes/fake-ollama.ts';
import {
  makeFolder,
  muster,
  type RunningMuster,
  removeFolder,
  startMuster,
  startProvider,
} from './harness.ts';

jest.setTimeout(60_000);

let provider: Awaited<ReturnType<typeof startProvider>>;
let folder: string;
let dataDir: string;
let running: RunningMuster | undefined;
let api: ApiClient;

/** Against the local cloud that all of these tests share. */
function run(args: readonly string[], options: { stdin?: string } = {}) {
  return muster(['--data', dataDir, ...args], options);
}

async function json<T>(args: readonly string[]): Promise<T> {
  const { stdout } = await run([...args, '--json']);
  return JSON.parse(stdout) as T;
}

beforeAll(async () => {
  provider = await startProvider();
  folder = makeFolder();
  dataDir = join(folder, 'data');
  running = await startMuster(dataDir, ['--concurrency', '2'], {
    cwd: folder,
    env: { ANTHROPIC_API_KEY: 'sk-ant-from-the-environment', ANTHROPIC_BASE_URL: provider.url },
  });
  api = makeApiClient(await findApi({ dataDir }, {}));
});

afterAll(async () => {
  await running?.stop();
  provider.close();
  removeFolder(folder);
});

interface UsageDocument {
  items: { key: string; calls: number; costUsd: number }[];
  total: { calls: number; costUsd: number };
}

describe('job submit', () => {
  test('with --wait prints the result and nothing else on stdout [A1] [A3] [A6]', async () => {
    const { code, stdout, stderr } = await run(['job', 'submit', 'echo', 'hi', '--wait']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hi\n' });
    expect(stderr).toMatch(/echo by worker \S+ · job-[0-9a-f]{32}/);
  });

  test('prints the id alone, which scripts can take [A1]', async () => {
    const { code, stdout } = await run(['job', 'submit', 'echo', 'for a script']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^job-[0-9a-f]{32}\n$/);
  });

  test('passes model, system prompt and max tokens of this job on to the model [A7]', async () => {
    const { code } = await run([
      'job',
      'submit',
      'chat',
      'Why?',
      '--model',
      'claude-haiku-5-5',
      '--system',
      'Answer in Latin.',
      '--max-tokens',
      '77',
      '--wait',
    ]);
    expect(code).toBe(0);
    expect(provider.calls.at(-1)?.body).toMatchObject({ model: 'claude-haiku-5-5', max_tokens: 77 });
    expect(JSON.stringify(provider.calls.at(-1)?.body.system)).toContain('Answer in Latin.');
  });

  test("uses the key of the environment, which the worker's log does not show [A5]", async () => {
    const { job } = await json<{ job: JobView }>(['job', 'submit', 'chat', 'Whose key?', '--wait']);
    expect(JSON.stringify(provider.calls.at(-1)?.headers)).toContain('sk-ant-from-the-environment');
    const { code, stdout } = await run(['job', 'logs', job.id]);
    expect(code).toBe(0);
    expect(stdout).toContain('attempt ended');
    expect(stdout).not.toContain('sk-ant');
  });

  test('says before money is spent how much at most', async () => {
    const { stderr } = await run([
      'job',
      'submit',
      'chat',
      'Why?',
      '--max-tokens',
      '1000',
      '--budget',
      '0.05',
      '--model',
      'claude-opus-5-5',
    ]);
    // (4 + 1,000) input tokens at 5 and 1,000 output tokens at 20 micro-dollars.
    expect(stderr).toContain('Costs at most $0.0250 a try (up to 3), and never more than $0.0500.');
  });

  test('takes the text from stdin', async () => {
    const { stdout } = await run(['job', 'submit', 'echo', '--file', '-', '--wait'], {
      stdin: 'two\nlines\n',
    });
    expect(stdout).toBe('two\nlines\n');
  });

  test('strips what would steer the terminal from a result', async () => {
    const { stdout } = await run([
      'job',
      'submit',
      'echo',
      'a\u001b[31mred\u001b]0;title\u0007\u0008b',
      '--wait',
    ]);
    expect(stdout).toBe('aredb\n');
  });

  test('answers a repeated key with the first job, and refuses it for another request', async () => {
    const submit = (text: string) =>
      json<JobView>(['job', 'submit', 'echo', text, '--idempotency-key', 'k1']);
    const first = await submit('same');
    expect((await submit('same')).id).toBe(first.id);
    const { code, stderr } = await run(['job', 'submit', 'echo', 'other', '--idempotency-key', 'k1']);
    expect(code).toBe(5);
    expect(stderr).toContain('idempotency_key_reused');
  });

  test('exits with the code of what went wrong, faults and remedy on stderr', async () => {
    const wrong = await run(['job', 'submit', 'echo', 'x', '--priority', 'urgent', '--json']);
    expect(wrong.code).toBe(2);
    expect(wrong.stdout).toBe('');
    expect(JSON.parse(wrong.stderr)).toMatchObject({
      code: 'invalid_request',
      faults: [{ path: '/priority' }],
    });
    const early = await run(['job', 'submit', 'meeting', 'decide it']);
    expect([early.code, early.stderr]).toEqual([2, expect.stringContaining('not_supported_yet')]);
    const noFolder = await run(['job', 'submit', 'agent', 'do it', '--dir', join(folder, 'nothing')]);
    expect([noFolder.code, noFolder.stderr]).toEqual([2, expect.stringContaining('does not exist')]);
    const twice = await run(['job', 'submit', 'chat', 'a', '--prompt', 'b']);
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining('TEXT and --prompt say the same thing'),
    ]);
  });

  test('without any text says how to give it', async () => {
    const { code, stderr } = await run(['job', 'submit', 'chat']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('muster job submit chat "…"')]);
  });

  test('exits with the outcome of a job that fails, and shows its reason', async () => {
    const { code, stderr } = await run(['job', 'submit', 'chat', 'Why?', '--budget', '0.000001', '--wait']);
    expect(code).toBe(7);
    expect(stderr).toContain('budget_exceeded');
  });
});

describe('the API', () => {
  test("understands the sandbox guide's spelling [A4]", async () => {
    const payload = {
      prompt: 'By the guide?',
      system: 'Be brief.',
      max_tokens: 33,
      model: 'claude-haiku-5-5',
    };
    const { status, body } = await api.call('submitJob', { body: { job_type: 'claude_chat', payload } });
    expect([status, body.type]).toEqual([201, 'chat']);
    expect((await followJob(api, body.id)).status).toBe('SUCCEEDED');
    expect(provider.calls.at(-1)?.body).toMatchObject({ model: 'claude-haiku-5-5', max_tokens: 33 });
  });
});

describe('reading jobs', () => {
  let done: JobView;

  beforeAll(async () => {
    const args = [
      'job',
      'submit',
      'chat',
      'Read me?',
      '--project',
      'reading',
      '--priority',
      'high',
      '--wait',
    ];
    done = (await json<{ job: JobView }>(args)).job;
  });

  test('list filters, and prints a table or one document [A1]', async () => {
    const { items } = await json<{ items: JobView[] }>(['job', 'list', '--project', 'reading']);
    expect(items.map(({ id, status }) => [id, status])).toEqual([[done.id, 'SUCCEEDED']]);
    const { stdout } = await run(['job', 'list', '--project', 'reading', '--status', 'succeeded']);
    expect(stdout).toMatch(
      /^ID +TYPE +STATUS +PRIO +PROJECT +AGE +COST\njob-\S+ +chat +SUCCEEDED +high +reading +/,
    );
    expect((await run(['job', 'list', '--project', 'reading', '--status', 'FAILED'])).stdout).toBe(
      'No job matches.\n',
    );
  });

  test('list gets more than one page', async () => {
    const { items } = await json<{ items: JobView[] }>(['job', 'list', '--all']);
    const { items: two } = await json<{ items: JobView[] }>(['job', 'list', '--limit', '2']);
    expect(items.length).toBeGreaterThan(2);
    expect(two).toEqual(items.slice(0, 2));
  });

  test.each([['abc'], ['0'], ['2.5']])('list refuses a limit of %s, with what is allowed', async (limit) => {
    const { code, stderr } = await run(['job', 'list', '--limit', limit]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('It must be a whole number, from 1.')]);
  });

  test('show tells everything about one [A1]', async () => {
    const { stdout } = await run(['job', 'show', done.id]);
    expect(stdout).toContain(`id       ${done.id}`);
    expect(stdout).toMatch(/type +chat \(claude-sonnet-5-5\)/);
    expect(stdout).toMatch(/tokens +\d+ in, \d+ out/);
    expect(stdout).toMatch(/result +s3:\/\//);
    expect(await json(['job', 'show', done.id])).toEqual(done);
  });

  test('result prints the words, or writes the document to a file [A3]', async () => {
    const file = join(folder, 'answer.json');
    expect((await run(['job', 'result', done.id])).stdout).toContain('Read me?');
    expect((await run(['job', 'result', done.id, '--out', file])).stdout).toBe(`Written to ${file}\n`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      model: 'claude-sonnet-5-5',
      stopReason: 'end_turn',
    });
  });

  test('watch shows states, text and cost, and exits with the outcome', async () => {
    const { code, stdout } = await run(['job', 'watch', done.id]);
    expect(code).toBe(0);
    expect(stdout).toContain('Asking claude-sonnet-5-5');
    expect(stdout).toContain('Read me?');
    expect(stdout).toMatch(/\+\S+ s {2}SUCCEEDED {2}\$0\.00/);
  });

  test('an id that does not exist exits 3', async () => {
    const { code, stderr } = await run(['job', 'show', 'job-none']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('not_found')]);
  });
});

describe('usage', () => {
  test('adds up what the jobs of a project have used and cost [A8] [A9]', async () => {
    await run(['job', 'submit', 'chat', 'Count me?', '--project', 'counted', '--wait']);
    const usage = await json<UsageDocument>(['usage', '--by', 'model', '--project', 'counted']);
    expect(usage.items).toMatchObject([{ key: 'claude-sonnet-5-5', calls: 1 }]);
    expect(usage.total).toMatchObject({ calls: 1, costUsd: usage.items[0]?.costUsd });
    // One job with one attempt, which succeeded, and Claude's words alone.
    const rates = { successRate: 1, claudeShare: 1, secondsPerAttempt: expect.any(Number) };
    expect(usage.items).toMatchObject([{ work: { attempts: 1, jobs: 1 }, figures: rates }]);
    const { stdout, stderr } = await run(['usage', '--project', 'counted']);
    expect(stdout).toMatch(/\nPROJECT +ATTEMPTS +EACH +JOBS OK .*CLAUDE\ncounted +1 +\S+ s +100 % .*100 %\n/);
    expect(stdout).toMatch(/^PROJECT +CALLS +INPUT .*COST\ncounted +1 +/);
    expect(stderr).toMatch(/^\d{4}-\d{2}-01 to \d{4}-\d{2}-\d{2}, UTC\n$/);
  });

  test('lists the attempts behind it, with their time and cost [D2] [D6]', async () => {
    const { body } = await api.call('listExecutions', { query: { project: 'counted' } });
    expect(body.items).toMatchObject([
      { project: 'counted', type: 'chat', attempt: 1, outcome: 'SUCCEEDED', model: 'claude-sonnet-5-5' },
    ]);
    expect(body.items[0]?.costUsd).toBeGreaterThan(0);
  });
});

describe('cancel and retry', () => {
  const slow = '{"message": "slow", "delaySeconds": 600}';

  test('cancel waits until the worker is gone; retry makes a new job', async () => {
    const { stdout: id } = await run(['job', 'submit', 'echo', '--payload', slow]);
    await followUntil(id.trim(), 'RUNNING');
    const cancelled = await run(['job', 'cancel', id.trim()]);
    expect([cancelled.code, cancelled.stdout]).toEqual([0, `${id.trim()} CANCELLED\n`]);
    const again = await json<JobView>(['job', 'retry', id.trim()]);
    expect(again).toMatchObject({ retryOf: id.trim(), status: 'QUEUED' });
    expect((await run(['job', 'cancel', again.id])).code).toBe(0);
  });

  test('stop-all sends running work back to the queue, where it waits for resume', async () => {
    const { stdout: id } = await run(['job', 'submit', 'echo', '--payload', slow]);
    await followUntil(id.trim(), 'RUNNING');
    const { code, stdout } = await run(['stop-all']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('no worker is alive')]);
    expect((await api.call('readJob', { params: { id: id.trim() } })).body.status).toBe('QUEUED');
    expect((await run(['resume'])).stdout).toContain('Resumed');
    await followUntil(id.trim(), 'RUNNING');
    expect((await run(['job', 'cancel', id.trim()])).code).toBe(0);
  });

  async function followUntil(id: string, status: string): Promise<void> {
    const reached = new AbortController();
    const onLook = (job: JobView) => void (job.status === status && reached.abort());
    await followJob(api, id, { onLook, signal: reached.signal }).catch(() => undefined);
  }
});

describe('the machine around it', () => {
  test('status tells where it points, and counts jobs', async () => {
    const { code, stdout } = await run(['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/api +http:\/\/127\.0\.0\.1:\d+ {2}up, \d+ ms/);
    expect(stdout).toMatch(/where +this machine: local cloud/);
    expect(stdout).toMatch(/jobs +.*\d+ SUCCEEDED/);
  });

  test('doctor has a line for each thing it looked at, and fails on nothing here', async () => {
    const { code, stdout } = await run(['doctor']);
    expect(code).toBe(0);
    for (const what of ['Node.js', 'CDK', 'data folder', 'port', 'AWS', 'API', 'clock', 'model keys']) {
      expect(stdout).toMatch(new RegExp(`^(ok|warn) +${what} `, 'm'));
    }
    expect(stdout).not.toContain('sk-ant');
  });

  test('keys set takes the key from stdin, keeps the others, and never shows it [A5]', async () => {
    const { code, stdout, stderr } = await run(['keys', 'set', 'openai'], { stdin: 'sk-openai-planted\n' });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('planted');
    const kept = readFileSync(join(dataDir, 'secrets.json'), 'utf8');
    expect(kept).toContain('sk-openai-planted');
    expect(kept).toContain('sk-ant-from-the-environment');
    expect((await run(['doctor'])).stdout).toMatch(/model keys +in use: anthropic, openai/);
  });

  test('keys set refuses an empty key and an unknown provider', async () => {
    expect((await run(['keys', 'set', 'openai'], { stdin: '\n' })).code).toBe(2);
    const { code, stderr } = await run(['keys', 'set', 'antropic'], { stdin: 'x' });
    expect([code, stderr]).toEqual([2, expect.stringContaining('anthropic, openai, google')]);
  });

  describe('a server of your own', () => {
    const setServer = (name: string, url: string, stdin: string) =>
      run(['keys', 'set', 'self-hosted', '--name', name, '--base-url', url], { stdin });

    test('is set by name, with a token or without, beside the others, and runs jobs for nothing [A5]', async () => {
      const fake = await startFakeOllama([{ kind: 'say', text: 'From a machine of your own.' }]);
      try {
        const first = await setServer('gpu-1', fake.url, 'planted-token\n');
        const second = await setServer('gpu-2', 'http://gpu-2.lan:8000', '');
        expect([first.code, second.code]).toEqual([0, 0]);
        expect(first.stdout + first.stderr).not.toContain('planted-token');
        expect((await run(['doctor'])).stdout).toMatch(/in use: .*self-hosted\/gpu-1, self-hosted\/gpu-2/);
        const model = 'self-hosted/gpu-1/qwen3-coder';
        const asked = await run(['job', 'submit', 'chat', 'Where are you?', '--model', model, '--wait']);
        expect([asked.code, asked.stderr]).toEqual([0, expect.any(String)]);
        expect(asked.stdout).toContain('From a machine of your own.');
        expect(fake.requests).toMatchObject([{ model: 'qwen3-coder' }]);
        const { stdout } = await run(['job', 'list', '--json']);
        expect(JSON.parse(stdout).items[0]).toMatchObject({ model, status: 'SUCCEEDED', costUsd: 0 });
      } finally {
        await fake.close();
      }
    });

    test.each([
      [['self-hosted'], 'needs an address'],
      [['self-hosted', '--base-url', 'ftp://gpu-1'], 'self-hosted.default.baseUrl'],
      [['self-hosted', '--base-url', 'http://gpu-1', '--name', 'GPU 1'], 'lower-case letters'],
      [['openai', '--name', 'gpu-1'], '--name means nothing to openai'],
      [['anthropic-aws'], 'wants to be told a workspace'],
      [['openai', '--workspace', 'w'], '--workspace means nothing to openai'],
    ])('keys set %j is refused', async (args, message) => {
      const { code, stderr } = await run(['keys', 'set', ...args], { stdin: 'x' });
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    });

    test('a workspace of Claude Platform on AWS is set without any key [A5]', async () => {
      const { code } = await run(['keys', 'set', 'anthropic-aws', '--workspace', 'wrkspc_1']);
      expect(code).toBe(0);
      expect(readFileSync(join(dataDir, 'secrets.json'), 'utf8')).toContain('wrkspc_1');
    });
  });

  test('smoke runs one of each and shows the bill [A6]', async () => {
    const { code, stdout } = await run(['smoke']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/echo +SUCCEEDED in/);
    expect(stdout).toMatch(/chat +SUCCEEDED in/);
    expect(stdout).toContain('passed');
  });
});
