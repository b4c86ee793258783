import { expect, test } from '@jest/globals';
import { type StreamDeps, serveMessage } from '../../../lib/core/stream/serve-stream.ts';

/** Whatever is refused is so before anything is asked of anybody. */
const nobody = {} as StreamDeps;

test.each([
  '{}',
  '[]',
  'null',
  '{"ping":2}',
  '{"ping":1,"watch":"job-1"}',
  '{"watch":"job-1","after":1}',
  'garbage',
])('to the message %s a client is told what it can say [A9]', async (text) => {
  const refused = await serveMessage(nobody, 'connection', text).catch((error) => error);
  expect(refused.code).toBe('invalid_request');
  expect(`${refused.message} ${refused.remedy}`).toContain('"watch": "<id of a job or a run>"');
});
