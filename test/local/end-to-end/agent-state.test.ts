import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AgentResult, FileView } from '../../../lib/contracts/job-view.ts';
import { workerEnvironment } from '../../../lib/contracts/worker-environment.ts';
import { type Bed, setProviderKey, startBed } from './harness.ts';

const call = (name: string, input: Record<string, unknown>) => ({ type: 'tool_use', name, input });
const handIn = call('submit_result', {
  summary: 'It says: {{capture.note}}',
  evidence: [],
  confidence: 1,
  limitations: [],
});
const noteTask = 'Keep a note.';
const fileTask = 'Keep a file.';
/** Longer than a worker waits: the attempt fails, and another goes on. */
const overloaded = { kind: 'status', status: 529, type: 'overloaded_error', retryAfterSeconds: 120 };

const modelRules = [
  {
    name: 'writes',
    when: { task: noteTask, turn: 1 },
    answer: { blocks: [call('notes_put', { key: 'plan', text: 'Begin with the tests.', version: 0 })] },
  },
  { name: 'is overloaded once', when: { task: noteTask, turn: 2 }, times: 1, fault: overloaded },
  {
    name: 'writes again as if nobody had',
    when: { task: noteTask, turn: 2 },
    answer: { blocks: [call('notes_put', { key: 'plan', text: 'Something else.', version: 0 })] },
  },
  {
    name: 'reads',
    when: { task: noteTask, turn: 3 },
    answer: { blocks: [call('notes_get', { key: 'plan' }), call('notes_get', {})] },
  },
  {
    name: 'hands in',
    when: { task: noteTask },
    capture: { note: { from: 'transcript', pattern: 'plan, version 1:\\s*([^.]*\\.)' } },
    answer: { blocks: [handIn] },
  },
  {
    name: 'makes a file',
    when: { task: fileTask, turn: 1 },
    answer: { blocks: [call('write_file', { path: 'out/report.md', content: 'All is well.' })] },
  },
  {
    name: 'keeps it',
    when: { task: fileTask, turn: 2 },
    answer: { blocks: [call('artifact_put', { path: 'out/report.md' })] },
  },
  { name: 'is overloaded once more', when: { task: fileTask, turn: 3 }, times: 1, fault: overloaded },
  {
    name: 'fetches it, and asks for what is not its own',
    when: { task: fileTask, turn: 3 },
    answer: {
      blocks: [
        call('artifact_get', { name: 'report.md' }),
        call('artifact_get', { name: 'report.md', job: 'somebody-else' }),
      ],
    },
  },
  {
    name: 'hands in what it got',
    when: { task: fileTask },
    capture: { note: { from: 'transcript', pattern: 'All is [a-z]+\\.' } },
    answer: { blocks: [handIn] },
  },
];

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ modelRules, taskEnvironment: { [workerEnvironment.unsandboxed]: '1' } });
  await setProviderKey(bed);
}, 120_000);
afterAll(() => bed?.close(), 20_000);

/** Results of tools in the last request that the model got. */
function lastResults(): { content: unknown; is_error?: boolean }[] {
  const messages = bed.modelRequests.flatMap(({ messages }) => messages as { content: unknown }[]);
  const blocks = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return blocks.filter(({ type }) => type === 'tool_result');
}

test('a note that one attempt writes is read by the next, and is not written over [A11]', async () => {
  const tools = ['notes_get', 'notes_put'];
  const { id } = await bed.submit({ type: 'agent', payload: { prompt: noteTask, tools } });
  expect(await bed.ended(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  const { summary } = await bed.result<AgentResult>(id);
  expect(summary).toBe('It says: Begin with the tests.');
  const said = JSON.stringify(lastResults());
  expect(said).toContain('version 0 is not the present one. plan, version 1:');
  expect(said).toContain('plan (version 1, 21 characters)');
  const item = await bed.item(`NOTES#default#${id}`, 'plan');
  expect(item).toMatchObject({ text: 'Begin with the tests.', version: 1, expiresAt: expect.any(Number) });
}, 60_000);

test('an artifact of an attempt that failed is there for the next one, and for people [A11]', async () => {
  const tools = ['write_file', 'artifact_put', 'artifact_get'];
  const { id } = await bed.submit({ type: 'agent', payload: { prompt: fileTask, tools } });
  expect(await bed.ended(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect((await bed.result<AgentResult>(id)).summary).toBe('It says: All is well.');
  expect(JSON.stringify(lastResults())).toContain('job somebody-else is none that job');
  const { body } = await bed.call<{ items: FileView[] }>('GET', `/jobs/${id}/files`);
  const paths = body.items.map(({ path }) => path);
  expect(paths).toEqual(['artifacts/report.md', 'artifacts/workspace.tar.zst', 'result.json']);
  const [report] = body.items;
  expect(report?.url).toContain(`/jobs/${id}/attempts/1/artifacts/report.md`);
  expect(await (await fetch(report?.url ?? '')).text()).toBe('All is well.');
}, 60_000);
