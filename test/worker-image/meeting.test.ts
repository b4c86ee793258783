import { afterAll, afterEach, expect, jest, test } from '@jest/globals';
import { meetingResult } from '#contracts/plan.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../lib/local/offline-model/start-offline-model.ts';
import { callMeeting, closingOf, payloadOf, statementOf } from '../core/work/meeting/meeting-cloud.ts';
import { resultOf } from '../fakes/agent-attempt.ts';
import { buildWorker } from '../fakes/built-worker.ts';
import type { FakeProvider } from '../fakes/fake-provider.ts';
import { startFakeResponses } from '../fakes/fake-responses.ts';
import { type ServedCloud, serveWorkerCloud, ticket } from '../fakes/worker-cloud.ts';
import { startWorkerProcess } from '../fakes/worker-process.ts';

jest.setTimeout(60_000);

const worker = buildWorker();
afterAll(() => worker.remove());

let claude: RunningOfflineModel | undefined;
let gpt: FakeProvider | undefined;
let served: ServedCloud | undefined;
afterEach(async () => {
  await served?.close();
  await claude?.close();
  await gpt?.close();
});

/** Thinking is bound to every byte before it, so a conversation that was not only added to is refused. */
const thinking = { type: 'thinking' as const, text: 'I weigh it.' };
const script = {
  rules: [
    {
      name: 'close without a plan first',
      when: { prompt: '# Close the meeting' },
      answer: {
        blocks: [thinking, { type: 'tool_use' as const, name: 'close_meeting', input: { summary: 'Hm.' } }],
      },
    },
    {
      name: 'close',
      when: { result: { tool: 'close_meeting', isError: true } },
      answer: {
        blocks: [thinking, { type: 'tool_use' as const, name: 'close_meeting', input: closingOf() }],
      },
    },
    {
      name: 'speak',
      answer: {
        blocks: [thinking, { type: 'tool_use' as const, name: 'speak', input: { ...statementOf() } }],
      },
    },
  ],
};

test('a real worker holds a meeting of Claude and GPT, and what it sends is as each maker takes it [B1] [B12]', async () => {
  claude = await startOfflineModel({ script, deltaMs: 0 });
  const speak = { kind: 'say' as const, calls: [{ name: 'speak', json: JSON.stringify(statementOf()) }] };
  gpt = await startFakeResponses([speak, speak]);
  const given = {
    anthropic: { apiKey: 'sk-ant-canary-1234567890', baseUrl: claude.url },
    openai: { apiKey: 'sk-openai-canary-123456', baseUrl: gpt.url },
  };
  // That server knows one conversation.
  const members = payloadOf().members.map((member) =>
    member.id === 'critic' ? { ...member, model: 'claude-fable-5-2' } : member,
  );
  const { cloud, id } = await callMeeting(payloadOf({ members }), { given });
  served = await serveWorkerCloud(cloud);
  const attempt = await cloud.assign(id);
  const overrides = { JOB_ID: id, MUSTER_ATTEMPT: String(attempt), MUSTER_TICKET: ticket };
  const { exit } = startWorkerProcess(served.url, overrides, worker.main);
  const { code, stderr, stdout } = await exit;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const row = await cloud.row(id);
  expect(row).toMatchObject({ status: 'SUCCEEDED', offline: true, reservations: [] });
  const result = meetingResult.parse(await resultOf(cloud, id));
  expect(result).toMatchObject({ decision: 'go', actions: [{ id: 1 }, { id: 2 }] });
  expect(result.silent).toBeUndefined();
  expect(result.models).toMatchObject({
    tech_analysis: expect.stringMatching(/^gpt/),
    moderator: 'claude-opus-5-5',
  });
  expect(claude.requests).toHaveLength(12);
  expect(gpt.requests).toHaveLength(2);
  expect(row.usage?.cacheReadTokens).toBeGreaterThan(0);
  const everything = [stdout, JSON.stringify(cloud.calls), ...cloud.deps.objects.stored.values()].join();
  expect(everything).not.toContain('canary');
});
