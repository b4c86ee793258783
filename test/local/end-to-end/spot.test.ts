import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ExecutionView } from '../../../lib/contracts/executions.ts';
import type { AgentResult, JobView } from '../../../lib/contracts/job-view.ts';
import { workerEnvironment } from '../../../lib/contracts/worker-environment.ts';
import { until } from './client.ts';
import { type Bed, setProviderKey, startBed } from './harness.ts';

const task = 'Keep a note, then think.';
const call = (name: string, input: Record<string, unknown>) => ({ type: 'tool_use', name, input });
const put = (key: string) => call('notes_put', { key, text: `${key} is done.`, version: 0 });

const modelRules = [
  { name: 'first', when: { task, turn: 1 }, answer: { blocks: [put('one')] } },
  { name: 'second', when: { task, turn: 2 }, answer: { blocks: [put('two')] } },
  {
    name: 'thinks until somebody takes the machine away, twice',
    when: { task, turn: 3 },
    times: 2,
    answer: { blocks: [{ type: 'text', text: 'Let me think.' }] },
    fault: { kind: 'hang', afterDeltas: 1 },
  },
  {
    name: 'hands in',
    when: { task },
    answer: {
      blocks: [call('submit_result', { summary: 'Both.', evidence: [], confidence: 1, limitations: [] })],
    },
  },
];

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ modelRules, taskEnvironment: { [workerEnvironment.unsandboxed]: '1' } });
  await setProviderKey(bed);
}, 120_000);
afterAll(() => bed?.close(), 20_000);

/** Turns that the model was asked for, as the length of each conversation. */
const turns = () => bed.modelRequests.map(({ messages }) => ((messages as unknown[]).length + 1) / 2);

async function thinks(id: string, attempt: number): Promise<JobView> {
  await until(`attempt ${attempt} thinks`, () => turns().length === attempt + 2 || undefined);
  return bed.job(id);
}

test('a job that Spot takes twice ends on demand, from where it was, without a failure [D8] [A9]', async () => {
  const tools = ['notes_put', 'bash'];
  const { id } = await bed.submit({ type: 'agent', payload: { prompt: task, tools } });
  for (const attempt of [1, 2]) {
    const { links, capacity } = await thinks(id, attempt);
    expect(capacity).toBe('spot');
    expect(await bed.task(links.taskArn ?? '')).toMatchObject({ capacityProviderName: 'FARGATE_SPOT' });
    bed.cloud.interruptTask(links.taskArn ?? '');
    await bed.reaches(id, (job) => job.attempt > attempt, 'goes on');
    const { stopCode, stoppedReason } = await bed.task(links.taskArn ?? '');
    expect([stopCode, stoppedReason]).toEqual(['SpotInterruption', 'Your Spot Task was interrupted.']);
  }
  const ended = await bed.ended(id);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', attempt: 3, failures: 0, capacity: 'on_demand' });
  const { capacityProviderName, launchType } = await bed.task(ended.links.taskArn ?? '');
  expect([capacityProviderName, launchType]).toEqual([undefined, 'FARGATE']);
  expect((await bed.result<AgentResult>(id)).summary).toBe('Both.');
  // What was done once was not asked for again: only the turn that was taken away.
  expect(turns()).toEqual([1, 2, 3, 3, 3]);
  expect(await bed.row(id)).toMatchObject({ interruptions: 2 });
}, 60_000);

test('each attempt is written down with what it ran on [D8]', async () => {
  const done = await until('three attempts are written down', async () => {
    const { body } = await bed.call<{ items: ExecutionView[] }>('GET', '/executions?project=default');
    return body.items.length === 3 ? body.items : undefined;
  });
  expect(done.map(({ attempt, outcome, capacity }) => [attempt, outcome, capacity]).sort()).toEqual([
    [1, 'INTERRUPTED', 'spot'],
    [2, 'INTERRUPTED', 'spot'],
    [3, 'SUCCEEDED', 'on_demand'],
  ]);
});
