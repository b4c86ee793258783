import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentResult, ChatResult, JobView, ResearchResult } from '../../../lib/contracts/job-view.ts';
import type { TeamDocument } from '../../../lib/contracts/team.ts';
import type { UsageItem } from '../../../lib/contracts/usage.ts';
import { until } from './client.ts';
import { loadWorkshop, type RunBed, startRunBed } from './run-bed.ts';
import { objectiveOf, type Story, tell } from './stories.ts';

const responseCache = { hours: 24 };
const noTokens = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

const makes = (path: string) => [[{ name: 'write_file', input: { path, content: 'made' } }]];
const holds = (path: string) => [{ tool: 'file_says', args: { path, text: 'made' } }];
const story: Story = {
  name: 'again',
  cycles: [
    {
      actions: [
        { id: 1, owner: 'builder', kind: 'build', turns: makes('a.txt'), checks: holds('a.txt') },
        { id: 2, owner: 'writer', kind: 'write', turns: makes('b.txt'), checks: holds('b.txt') },
      ],
    },
  ],
};

const says = (...blocks: object[]) => ({ answer: { blocks } });
const text = (words: string) => ({ type: 'text', text: words });
const submits = {
  type: 'tool_use',
  name: 'submit_result',
  input: { summary: 'Seen.', evidence: [], confidence: 1, limitations: [] },
};
const modelRules = [
  ...tell([story]),
  {
    name: 'the questions of a research',
    when: { system: '^You research', prompt: 'JSON array' },
    ...says(text('["How high are they?", "How often do they come?", "Why?"]')),
  },
  {
    name: 'an agent that thinks before it looks',
    when: { task: 'Think, then look', turn: 1 },
    ...says({ type: 'thinking', text: 'Where?' }, { type: 'tool_use', name: 'list_files', input: {} }),
  },
  { name: 'and then knows', when: { task: 'Think, then look', turn: 2 }, ...says(submits) },
];

let bed: RunBed;
beforeAll(async () => {
  bed = await startRunBed({ modelRules });
}, 120_000);
afterAll(() => bed?.close(), 20_000);

/** A job to its end, and how many requests reached the model meanwhile. */
async function run<T>(request: object): Promise<{ job: JobView; result: T; asked: number }> {
  const before = bed.modelRequests.length;
  const { id } = await bed.must<JobView>('POST', '/jobs', request);
  const job = await until(`job ${id} ends`, async () => {
    const found = await bed.must<JobView>('GET', `/jobs/${id}`);
    return found.endedAt === undefined ? undefined : found;
  });
  return { job, result: await bed.result<T>(id), asked: bed.modelRequests.length - before };
}

async function usageOf(query: string): Promise<UsageItem[]> {
  return (await bed.must<{ items: UsageItem[] }>('GET', `/usage?${query}`)).items;
}

describe('a chat with a response cache', () => {
  const chat = (project: string, hours = 24) => ({
    type: 'chat',
    project,
    payload: { prompt: 'Why is the sky blue?', responseCache: { hours } },
  });

  test('is answered once, and after that without the model, for nothing [D9]', async () => {
    const first = await run<ChatResult>(chat('sky'));
    const again = await run<ChatResult>(chat('sky'));
    expect([first.asked, again.asked]).toEqual([1, 0]);
    expect(first.result.cached).toBeUndefined();
    expect(first.job.costUsd).toBeGreaterThan(0);
    expect(again.result).toEqual({ ...first.result, usage: noTokens, costUsd: 0, cached: true });
    expect(again.job).toMatchObject({ status: 'SUCCEEDED', costUsd: 0, cachedAnswers: 1 });
    expect(await usageOf('by=project&project=sky')).toEqual([
      {
        key: 'sky',
        calls: 1,
        usage: first.result.usage,
        costUsd: first.job.costUsd,
        cachedAnswers: 1,
        savedUsd: first.job.costUsd,
        claudeTokens: first.result.usage.inputTokens + first.result.usage.outputTokens,
        work: expect.any(Object),
      },
    ]);
  });

  test('is asked anew in another project, when it is too old, and by whoever wants no cache [D9]', async () => {
    await run(chat('sea'));
    const { responseCache: _, ...plain } = chat('sea').payload;
    expect((await run(chat('land'))).asked).toBe(1);
    expect((await run(chat('sea', 0.000_01))).asked).toBe(1);
    expect((await run({ ...chat('sea'), payload: plain })).asked).toBe(1);
    expect((await run(chat('sea'))).asked).toBe(0);
  });

  test('is answered from the cache to whoever watches, too', async () => {
    await run(chat('watched'));
    const { job, result } = await run<ChatResult>(chat('watched'));
    const events = await bed.must<{ items: { type: string; text?: string }[] }>(
      'GET',
      `/jobs/${job.id}/events`,
    );
    expect(events.items.flatMap(({ text = '' }) => text).join('')).toBe(result.text);
    expect(events.items).toContainEqual(
      expect.objectContaining({ type: 'turn', turn: 1, cached: true, costMicroUsd: 0 }),
    );
  });
});

test('a research job asks none of its questions twice [D9]', async () => {
  const request = {
    type: 'research',
    project: 'topic',
    payload: { topic: 'Tides', questions: 3, responseCache },
  };
  const first = await run<ResearchResult>(request);
  const again = await run<ResearchResult>(request);
  expect(first.asked).toBe(5);
  expect(again.asked).toBe(0);
  expect(again.result).toEqual({
    ...first.result,
    usage: noTokens,
    costUsd: 0,
    cachedAnswers: first.asked,
  });
});

test('an agent works with its tools again, and pays for no turn [D9]', async () => {
  const request = { type: 'agent', project: 'agent', payload: { prompt: 'Look around.', responseCache } };
  const first = await run<AgentResult>(request);
  const again = await run<AgentResult>(request);
  expect(first.asked).toBe(first.result.turns);
  expect(again.asked).toBe(0);
  expect(again.result).toMatchObject({ summary: first.result.summary, costUsd: 0 });
  expect(again.result.cachedAnswers).toBe(first.result.turns);
});

test('thinking that is signed for its conversation is asked for anew, and the provider takes what follows [D9]', async () => {
  const payload = { prompt: 'Think, then look.', responseCache };
  const request = { type: 'agent', project: 'thinker', payload };
  const first = await run<AgentResult>(request);
  const again = await run<AgentResult>(request);
  expect([first.asked, again.asked]).toEqual([2, 2]);
  expect(again.result).toMatchObject({ summary: 'Seen.', turns: 2 });
  expect(again.result.cachedAnswers).toBeUndefined();
});

describe('two agents of a team with a response cache', () => {
  const withCache = ({ team, ...document }: TeamDocument): TeamDocument => ({
    ...document,
    team: {
      ...team,
      name: 'thrifty',
      agents: team.agents.map((agent) => (agent.owns.length > 0 ? { ...agent, responseCache } : agent)),
    },
  });
  const askedBy = (from: number, who: string) =>
    bed.modelRequests
      .slice(from)
      .filter((request) => JSON.stringify(request.system ?? '').includes(`You are ${who}`))
      .filter((request) => JSON.stringify(request.messages).includes('# Action ')).length;

  test('do not ask again in the next run what was answered in the one before [D9]', async () => {
    await bed.putTeam(withCache(await loadWorkshop()));
    const request = { team: 'thrifty', project: 'again', objective: objectiveOf(story) };
    const runs: { id: string; builder: number; writer: number }[] = [];
    for (let n = 0; n < 2; n++) {
      const from = bed.modelRequests.length;
      const { id } = await bed.start(request);
      expect((await bed.ended(id)).status).toBe('SUCCEEDED');
      runs.push({ id, builder: askedBy(from, 'builder'), writer: askedBy(from, 'writer') });
    }
    const [first, second] = runs;
    expect(first).toMatchObject({ builder: 2, writer: 2 });
    expect(second).toMatchObject({ builder: 0, writer: 0 });
    const agents = await usageOf('by=agent&project=again');
    // Two at work, and what it said in the meeting.
    for (const name of ['builder', 'writer'])
      expect(agents.find(({ key }) => key === name)).toMatchObject({ calls: 3, cachedAnswers: 3 });
  }, 120_000);
});
