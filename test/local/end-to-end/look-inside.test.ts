import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { writeLocalFile } from '../../../lib/adapters/client/local-file.ts';
import type { JobView } from '../../../lib/contracts/job-view.ts';
import { workerEnvironment } from '../../../lib/contracts/worker-environment.ts';
import { muster, type RunOptions } from '../../cli/harness.ts';
import { until } from './client.ts';
import { type Bed, setProviderKey, startBed } from './harness.ts';

jest.setTimeout(90_000);

const task = 'Write a file, then think.';
const call = (name: string, input: Record<string, unknown>) => ({ type: 'tool_use', name, input });
const handIn = call('submit_result', { summary: 'Done.', evidence: [], confidence: 1, limitations: [] });

const modelRules = [
  {
    name: 'writes',
    when: { task, turn: 1 },
    answer: { blocks: [call('write_file', { path: 'found.txt', content: 'by the agent' })] },
  },
  {
    name: 'thinks until somebody takes the machine away, once for each job',
    when: { task, turn: 2 },
    times: 1,
    answer: { blocks: [{ type: 'text', text: 'Let me think.' }] },
    fault: { kind: 'hang', afterDeltas: 1 },
  },
  { name: 'hands in', when: { task }, answer: { blocks: [handIn] } },
];

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ modelRules, taskEnvironment: { [workerEnvironment.unsandboxed]: '1' } });
  await setProviderKey(bed);
  const { url, region, outputs, clientCredentials } = bed.cloud;
  const place = { apiUrl: url, endpointUrl: url, region, outputs, offlineModel: true, pid: process.pid };
  writeLocalFile(bed.dataDir, { ...place, ...clientCredentials });
}, 120_000);
afterAll(() => bed?.close(), 20_000);

const run = (args: string[], options: RunOptions = {}) =>
  muster(['--data', bed.dataDir, 'job', ...args], options);

function logReads(): number {
  const reads = bed.cloud.calls().filter(({ operation }) => operation === 'GetLogEvents');
  return reads.reduce((sum, { count }) => sum + count, 0);
}

let id: string;
let thinking: JobView;

test('a shell opens in the workspace of a running worker, as whom its tools run as [A10]', async () => {
  ({ id } = await bed.submit({ type: 'agent', payload: { prompt: task, tools: ['bash', 'write_file'] } }));
  await until('the agent thinks', () => bed.modelRequests.length === 2 || undefined);
  thinking = await bed.job(id);
  const { code, stdout, stderr } = await run([
    'shell',
    id,
    '--command',
    'pwd; cat found.txt; echo; id -u; exit 7',
  ]);
  expect(code).toBe(7);
  const [folder, content, uid] = stdout.trim().split('\n');
  expect(folder).toContain(bed.dataDir);
  expect(content).toBe('by the agent');
  expect(stderr).toMatch(/^A shell as (you|user \d+, whom the agent's tools run as,) in /);
  expect(stderr.includes(`user ${uid},`) || uid === String(process.getuid?.())).toBe(true);
});

test('a shell sees nothing of the command line’s environment, but what tools see [A10] [D4]', async () => {
  const env = { PLANTED: 'not for an agent' };
  const { stdout } = await run(['shell', id, '--command', 'env'], { env });
  expect(stdout).toContain('USER=agent');
  expect(stdout).not.toContain('PLANTED');
});

test('--json says what would be run, and runs nothing', async () => {
  const { code, stdout } = await run(['shell', id, '--command', 'touch made', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ job: id, taskArn: thinking.links.taskArn });
  const { stdout: listed } = await run(['shell', id, '--command', 'ls']);
  expect(listed).toBe('found.txt\n');
});

test('the log is followed over a retry to the job’s end, in order, and exits as the job did [A10] [A3]', async () => {
  const followed = run(['logs', id, '--follow']);
  bed.cloud.interruptTask(thinking.links.taskArn ?? '');
  const { code, stdout, stderr } = await followed;
  expect(code).toBe(0);
  const lines = stdout.trim().split('\n');
  const attempts = lines.map((line) => Number(/"attempt":(\d+)/.exec(line)?.[1]));
  expect(new Set(attempts)).toEqual(new Set([1, 2]));
  expect(attempts).toEqual(attempts.toSorted());
  expect(lines.filter((line) => line.includes('"attempt ended"'))).toHaveLength(2);
  expect(new Set(lines).size).toBe(lines.length);
  expect(stderr).toContain(`${id} ended SUCCEEDED in attempt 2`);
});

test('an ended job’s whole log comes at once, of all attempts, where that without --follow has the last [A10]', async () => {
  const { code, stdout } = await run(['logs', id, '--follow', '--json']);
  expect(code).toBe(0);
  const { events, job } = JSON.parse(stdout) as { events: { message: string }[]; job: JobView };
  expect(job.status).toBe('SUCCEEDED');
  const attempts = events.map(({ message }) => (JSON.parse(message) as { attempt: number }).attempt);
  expect([attempts[0], attempts.at(-1)]).toEqual([1, 2]);
  const latest = JSON.parse((await run(['logs', id, '--json'])).stdout) as { events: unknown[] };
  expect(events.slice(-latest.events.length)).toEqual(latest.events);
  expect(latest.events.length).toBeLessThan(events.length);
});

test('Ctrl-C ends the following and not the job, and says how to come back [A10]', async () => {
  const slow = await bed.submit({ type: 'echo', payload: { message: 'slow', delaySeconds: 600 } });
  await bed.becomes(slow.id, 'RUNNING');
  const before = logReads();
  const { code, stderr } = await run(['logs', slow.id, '--follow'], {
    interruptWhen: () => logReads() > before,
  });
  expect(code).toBe(130);
  expect(stderr).toContain(`Come back: muster job logs ${slow.id} --follow`);
  expect((await bed.job(slow.id)).status).toBe('RUNNING');
  await bed.call('POST', `/jobs/${slow.id}/cancel`);
  await bed.ended(slow.id);
  // The job's own ending is the exit code.
  expect((await run(['logs', slow.id, '--follow'])).code).toBe(7);
});

test('the log of a worker in a function is followed too, among those of others [A10]', async () => {
  const { id: chat } = await bed.submit({ type: 'chat', payload: { prompt: 'Why?' } });
  const { code, stdout } = await run(['logs', chat, '--follow']);
  expect(code).toBe(0);
  const lines = stdout.trim().split('\n');
  expect(lines.filter((line) => line.includes('"attempt ended"'))).toHaveLength(1);
  expect(lines.every((line) => line.includes(chat))).toBe(true);
});

test('where no worker runs, the shell says why, and what to do instead', async () => {
  const ended = await run(['shell', id]);
  expect([ended.code, ended.stderr]).toEqual([5, expect.stringContaining('its worker is gone')]);
  expect(ended.stderr).toContain(`muster job logs ${id} --follow`);
});
