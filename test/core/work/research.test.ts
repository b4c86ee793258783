import { expect, test } from '@jest/globals';
import type { ModelRequest } from '../../../lib/core/ports/model.ts';
import { parseQuestions } from '../../../lib/core/work/parse-questions.ts';
import {
  faultsOf,
  keys,
  resultOf,
  runAgentAttempt,
  type Say,
  type Script,
} from '../../fakes/agent-attempt.ts';
import { makeWorkerCloud } from '../../fakes/worker-cloud.ts';
import { settle } from '../../fakes/worker-time.ts';

const body = { type: 'research', payload: { topic: 'Tides', questions: 3 } };
const questions = ['Why two a day?', 'Why not the same everywhere?', 'What of the sun?'];

function promptOf({ messages }: ModelRequest): string {
  return messages
    .flatMap(({ content }) => content.map((block) => ('text' in block ? block.text : '')))
    .join('\n');
}

const answers: Script = (_, request): Say => {
  const prompt = promptOf(request);
  if (prompt.includes('JSON array')) return { text: JSON.stringify(questions) };
  if (prompt.includes('one question')) return { text: `About ${questions.find((q) => prompt.includes(q))}` };
  return { text: 'The moon pulls.' };
};

async function run(script: Script, cloud = makeWorkerCloud({ keys })) {
  const { id } = await cloud.submit(body);
  const ran = await runAgentAttempt(cloud, id, { script });
  return { cloud, id, ...ran, row: await cloud.row(id), result: await resultOf(cloud, id) };
}

test('a topic becomes questions, their answers side by side, and a summary [A4]', async () => {
  let running = 0;
  let most = 0;
  const { row, result, requests } = await run(async (turn, request, options) => {
    most = Math.max(most, ++running);
    // Each is held until all three are there, or for so long that they will not come.
    const isAnswer = promptOf(request).includes('one question');
    for (let round = 0; isAnswer && most < 3 && round < 20; round++) await settle();
    running -= 1;
    return answers(turn, request, options);
  });
  expect(row).toMatchObject({ status: 'SUCCEEDED', lane: 'function', reservations: [] });
  expect(result).toMatchObject({
    topic: 'Tides',
    summary: 'The moon pulls.',
    questions: questions.map((question) => ({ question, answer: `About ${question}` })),
  });
  expect(requests).toHaveLength(5);
  expect(most).toBe(3);
  expect(Math.round(result.costUsd * 1e6)).toBe(row.spentMicroUsd);
  expect(result.usage).toEqual(row.usage);
});

test('a list that cannot be read is asked for again, twice at most', async () => {
  let tries = 0;
  const repaired: Script = (turn, request, options) =>
    promptOf(request).includes('JSON array') && ++tries <= 2
      ? { text: 'Well, let me think.' }
      : answers(turn, request, options);
  const { row, requests } = await run(repaired);
  expect(row.status).toBe('SUCCEEDED');
  expect(requests.slice(0, 3).flatMap(({ messages }) => faultsOf(messages))).toEqual([]);
  const hopeless = await run(() => ({ text: 'No.' }));
  expect(hopeless.requests).toHaveLength(3);
  expect(hopeless.row).toMatchObject({
    status: 'FAILED',
    error: { message: expect.stringMatching(/no list of questions/) },
  });
});

test('an attempt that begins again asks only what has no answer yet', async () => {
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit(body);
  const first = await runAgentAttempt(cloud, id, {
    script: answers,
    dieAt: { point: 'turn.reserved', after: 4 },
  });
  expect(first.ending).toBe('died');
  const second = await runAgentAttempt(cloud, id, { script: answers });
  expect(second.requests).toHaveLength(1);
  expect((await resultOf(cloud, id)).questions).toHaveLength(3);
});

test('what every call has used is stated also where one of them fails', async () => {
  const { row, cloud, id } = await run((turn, request, options) => {
    if (promptOf(request).includes('What of the sun?') && promptOf(request).includes('one question'))
      return { text: '', stopReason: 'refusal' };
    return answers(turn, request, options);
  });
  expect(row).toMatchObject({ status: 'FAILED', error: { code: 'provider_refused' }, reservations: [] });
  expect(await cloud.deps.ledger.entries(id)).toHaveLength(4);
});

test.each([
  ['a bare array', '["a","b","c"]', { questions: ['a', 'b', 'c'] }],
  ['an array in a code block', 'Here:\n```json\n["a", " b ", "c", "d"]\n```', { questions: ['a', 'b', 'c'] }],
  ['an object', '{"questions": ["a","b","c"]}', { questions: ['a', 'b', 'c'] }],
  ['too few', '["a"]', { fault: 'it has 1 questions' }],
  ['words', 'I would ask', { fault: 'there is no JSON in it' }],
  ['other JSON', '[1,2,3]', { fault: 'it is not a JSON array of strings' }],
])('questions are read from %s', (_, text, expected) => {
  expect(parseQuestions(text, 3)).toEqual(expected);
});
