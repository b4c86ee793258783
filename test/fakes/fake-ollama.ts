import type { ServerResponse } from 'node:http';
import {
  beginStream,
  breakOff,
  type FakeAnswer,
  type FakeProvider,
  halves,
  inTurn,
  retryHeaders,
  sendEvent,
  sendJson,
  startFakeServer,
} from './fake-provider.ts';

/**
 * The Messages API as Ollama serves it: no key is looked at, fields that it does not know are ignored, usage
 * is in and out only, and tool calls come in one piece.
 */
export async function startFakeOllama(answers: readonly FakeAnswer[]): Promise<FakeProvider> {
  const next = inTurn(answers);
  const requests: Record<string, unknown>[] = [];
  const { url, close } = await startFakeServer((req, res, body) => {
    requests.push(JSON.parse(body.toString('utf8')) as Record<string, unknown>);
    if (req.url !== '/v1/messages') return sendJson(res, 404, { error: 'not found' });
    const answer = next();
    if (answer.kind === 'status') return fail(res, answer);
    beginStream(res);
    send(res, 'message_start', {
      message: { ...envelope, content: [], usage: { input_tokens: 12, output_tokens: 0 } },
    });
    if (answer.kind === 'break') return interrupt(res, answer);
    say(res, answer);
  });
  return { url, requests, close };
}

const envelope = { id: 'msg_1', type: 'message', role: 'assistant', model: 'qwen3-coder', stop_reason: null };

function say(res: ServerResponse, { text, calls = [], stop }: Extract<FakeAnswer, { kind: 'say' }>): void {
  let index = 0;
  if (text !== undefined) sendText(res, index++, halves(text));
  for (const { name, json } of calls) {
    const content_block = { type: 'tool_use', id: `call_${name}_${index}`, name, input: {} };
    send(res, 'content_block_start', { index, content_block });
    const partial_json = stop === 'max_tokens' ? halves(json)[0] : json;
    send(res, 'content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } });
    send(res, 'content_block_stop', { index });
    index += 1;
  }
  const stop_reason = stop ?? (calls.length > 0 ? 'tool_use' : 'end_turn');
  send(res, 'message_delta', { delta: { stop_reason }, usage: { output_tokens: 7 } });
  send(res, 'message_stop', {});
  res.end();
}

function sendText(res: ServerResponse, index: number, pieces: readonly string[]): void {
  send(res, 'content_block_start', { index, content_block: { type: 'text', text: '' } });
  for (const text of pieces) {
    send(res, 'content_block_delta', { index, delta: { type: 'text_delta', text } });
  }
  send(res, 'content_block_stop', { index });
}

function interrupt(res: ServerResponse, { how, text }: Extract<FakeAnswer, { kind: 'break' }>): void {
  send(res, 'content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  send(res, 'content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  if (how === 'error') {
    send(res, 'error', { error: { type: 'api_error', message: 'the runner has gone' } });
    res.end();
  } else breakOff(res, how);
}

function fail(res: ServerResponse, answer: Extract<FakeAnswer, { kind: 'status' }>): void {
  const error = { type: 'api_error', message: answer.message ?? 'no' };
  sendJson(res, answer.status, { type: 'error', error }, retryHeaders(answer));
}

function send(res: ServerResponse, type: string, fields: object): void {
  sendEvent(res, { type, ...fields }, type);
}
