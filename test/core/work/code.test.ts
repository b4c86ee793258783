import { expect, test } from '@jest/globals';
import { splitAnswer } from '../../../lib/core/work/code.ts';
import { keys, resultOf, runAgentAttempt } from '../../fakes/agent-attempt.ts';
import { makeWorkerCloud } from '../../fakes/worker-cloud.ts';

test('the guide’s claude_code is answered with a program and its explanation [A4]', async () => {
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit({
    job_type: 'claude_code',
    payload: { specification: 'Print hello.', language: 'python' },
    max_tokens: 2_000,
  });
  const text = 'Here it is.\n\n```python\nprint("hello")\n```\n\nRun it with python3.';
  const { requests } = await runAgentAttempt(cloud, id, { script: () => ({ text }) });
  expect(await cloud.row(id)).toMatchObject({ type: 'code', status: 'SUCCEEDED', lane: 'function' });
  expect(await resultOf(cloud, id)).toMatchObject({
    code: 'print("hello")\n',
    language: 'python',
    explanation: 'Here it is.\n\nRun it with python3.',
    stopReason: 'end_turn',
  });
  expect(requests).toMatchObject([{ maxTokens: 2_000 }]);
  expect(requests[0]?.tools).toBeUndefined();
});

test.each([
  ['no block at all', 'print(1)', { code: 'print(1)', explanation: '' }],
  [
    'a block that was cut off',
    'So:\n```js\nlet a = 1;\nlet',
    { code: 'let a = 1;\nlet', explanation: 'So:' },
  ],
  [
    'the longest of several',
    '```sh\nls\n```\n```js\nlet a = 1;\n```',
    { code: 'let a = 1;\n', explanation: '```sh\nls\n```' },
  ],
  [
    'a fence inside a longer one',
    '````md\n```js\n1\n```\n````',
    { code: '```js\n1\n```\n', explanation: '' },
  ],
])('a program is found in an answer with %s', (_, text, expected) => {
  expect(splitAnswer(text)).toEqual(expected);
});
