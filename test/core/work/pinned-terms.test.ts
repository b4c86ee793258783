import { beforeEach, expect, test } from '@jest/globals';
import type { HeadEntry, TranscriptEntry } from '#contracts/transcript.ts';
import { transcriptSegment } from '#contracts/transcript.ts';
import { agentBody, keys, runAgentAttempt, submitCall } from '../../fakes/agent-attempt.ts';
import { makeWorkerCloud, sha256, ticket, type WorkerCloud } from '../../fakes/worker-cloud.ts';

const signal = new AbortController().signal;
const finish = () => ({ calls: [submitCall] });
const tools = ['read_file'];
let cloud: WorkerCloud;
let id: string;
beforeEach(async () => {
  cloud = makeWorkerCloud({ keys });
  id = (await cloud.submit(agentBody({ tools, effort: 'high' }))).id;
});

/** What an attempt of this version writes first. */
async function headOfToday(): Promise<HeadEntry> {
  const other = (await cloud.submit(agentBody({ tools, effort: 'high' }))).id;
  await runAgentAttempt(cloud, other, { script: finish });
  const [first = ''] = await cloud.segments(other);
  const head = transcriptSegment.parse(JSON.parse(first)).entries[0];
  if (head?.kind !== 'head') throw new Error('no head');
  return head;
}

/** An attempt of another version begins, and its worker goes away. */
async function beginAs(head: HeadEntry): Promise<void> {
  const attempt = await cloud.assign(id);
  const instance = sha256('former');
  const start = { protocolVersion: 2 as const, jobId: id, attempt, ticket, instance };
  const { session } = await cloud.control.start(start, signal);
  const task: TranscriptEntry = {
    kind: 'message',
    message: { role: 'user', content: [{ type: 'text', text: 'Do it, as it was said then.' }] },
  };
  const body = JSON.stringify({ v: 1, conversation: 'main', segment: 1, entries: [head, task] });
  const record = { conversation: 'main', segment: 1, body };
  await cloud.control.turn({ jobId: id, attempt, session, record }, signal);
}

test('the first segment holds the definitions of all tools, as they are sent', async () => {
  const head = await headOfToday();
  const { requests } = await runAgentAttempt(cloud, id, { script: finish });
  expect(head.tools.map(({ name, definition }) => ({ name, ...definition }))).toEqual(requests[0]?.tools);
  for (const tool of requests[0]?.tools ?? []) {
    const kept = head.tools.find(({ name }) => name === tool.name);
    expect(kept?.sha256).toBe(sha256(JSON.stringify(tool)));
  }
});

test('an attempt whose code describes tools, rules and effort in other words uses those of the first one', async () => {
  const head = await headOfToday();
  const former = head.tools.map((tool) =>
    tool.name === 'read_file'
      ? { ...tool, definition: { description: 'Reads.', inputSchema: { properties: {}, type: 'object' } } }
      : tool,
  );
  await beginAs({ ...head, tools: former, system: 'Former rules.', effort: 'low' });
  const { requests } = await runAgentAttempt(cloud, id, { script: finish });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ system: 'Former rules.', effort: 'low' });
  expect(requests[0]?.messages[0]?.content).toEqual([{ type: 'text', text: 'Do it, as it was said then.' }]);
  const sent = requests[0]?.tools?.find(({ name }) => name === 'read_file');
  expect(JSON.stringify(sent)).toBe(
    '{"name":"read_file","description":"Reads.","inputSchema":{"properties":{},"type":"object"}}',
  );
});

const withoutDefinitions = ({ tools, ...head }: HeadEntry): HeadEntry => ({
  ...head,
  tools: tools.map(({ name, sha256 }) => ({ name, sha256 })),
});

test('digests alone are enough while they are still right', async () => {
  await beginAs(withoutDefinitions(await headOfToday()));
  await runAgentAttempt(cloud, id, { script: finish });
  expect((await cloud.row(id)).status).toBe('SUCCEEDED');
});

test.each<[string, (head: HeadEntry) => HeadEntry, string]>([
  [
    'a tool whose digest alone was kept, and is another now',
    (head) => ({ ...withoutDefinitions(head), tools: [{ name: 'read_file', sha256: sha256('former') }] }),
    'its tool "read_file" was described in other words',
  ],
  [
    'a tool that is not there any more',
    (head) => ({ ...head, tools: [...head.tools, { name: 'write_pdf', sha256: sha256('former') }] }),
    'it began with a tool "write_pdf", which is not there any more',
  ],
  [
    'another model',
    (head) => ({ ...head, model: 'claude-opus-5-5' }),
    'it began with the model claude-opus-5-5',
  ],
])('%s ends the job, and nothing is asked', async (_what, change, why) => {
  await beginAs(change(await headOfToday()));
  const { requests } = await runAgentAttempt(cloud, id, { script: finish });
  expect(requests).toEqual([]);
  expect(await cloud.row(id)).toMatchObject({
    status: 'FAILED',
    error: {
      code: 'worker_error',
      message: `This version of Muster cannot go on with the conversation: ${why}.`,
      remedy: 'Begin anew with this version: muster job retry ID',
    },
  });
});
