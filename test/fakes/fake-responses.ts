import type { ServerResponse } from 'node:http';
import {
  beginStream,
  breakOff,
  type FakeAnswer,
  type FakeProvider,
  FakeRefusal,
  halves,
  inTurn,
  requireFields,
  requireThat,
  retryHeaders,
  sendEvent,
  sendJson,
  startFakeServer,
} from './fake-provider.ts';

type Item = Record<string, unknown>;
type Body = Record<string, unknown> & { input: Item[]; tools?: Item[] };

const knownFields = [
  'model',
  'instructions',
  'input',
  'tools',
  'max_output_tokens',
  'reasoning',
  'include',
  'store',
  'stream',
];

/**
 * OpenAI's Responses API for a reasoning model that keeps nothing: every item that it gave out must come back as
 * it was, the reasoning right before the calls and texts that it led to.
 */
export async function startFakeResponses(answers: readonly FakeAnswer[]): Promise<FakeProvider> {
  const next = inTurn(answers);
  const requests: Record<string, unknown>[] = [];
  const given: Item[][] = [];
  const { url, close } = await startFakeServer((req, res, raw) => {
    const body = JSON.parse(raw.toString('utf8')) as Body;
    requests.push(body);
    try {
      requireThat(req.url === '/v1/responses', 'Unknown path');
      requireThat(req.headers.authorization?.startsWith('Bearer '), 'No key');
      checkBody(body, given);
    } catch (error) {
      if (!(error instanceof FakeRefusal)) throw error;
      return sendJson(res, 400, { error: { type: 'invalid_request_error', message: error.message } });
    }
    const answer = next();
    if (answer.kind === 'status') return fail(res, answer);
    beginStream(res, { 'x-request-id': 'req_openai_1' });
    const response = { id: `resp_${given.length}`, model: 'gpt-6.2-sol-2026-11-17', object: 'response' };
    send(res, 'response.created', { response: { ...response, status: 'in_progress', output: [] } });
    if (answer.kind === 'break') return interrupt(res, answer);
    const output = toItems(answer, given.length);
    given.push(output);
    say(res, answer, response, output);
  });
  return { url: `${url}/v1`, requests, close };
}

function checkBody(body: Body, given: readonly Item[][]): void {
  requireFields(body, knownFields);
  requireThat(body.store === false, 'This organisation keeps no data: store must be false');
  requireThat(Number(body.max_output_tokens) >= 16, "Invalid 'max_output_tokens': minimum 16");
  requireThat(
    JSON.stringify(body.include) === '["reasoning.encrypted_content"]',
    'Reasoning cannot be replayed without its encrypted content',
  );
  for (const tool of body.tools ?? []) {
    requireThat(tool.type === 'function' && tool.parameters && tool.name, "Missing 'tools[0].parameters'");
  }
  const own = given.flat();
  for (const item of own) {
    const back = body.input.find(({ id }) => id === item.id);
    requireThat(
      JSON.stringify(sorted(back)) === JSON.stringify(sorted(item)),
      `Item '${String(item.id)}' of type '${String(item.type)}' did not come back as it was`,
    );
  }
  const order = body.input.filter(({ id }) => own.some((item) => item.id === id)).map(({ id }) => id);
  requireThat(
    JSON.stringify(order) === JSON.stringify(own.map(({ id }) => id)),
    'Items of the model did not come back in their order',
  );
  checkCalls(body.input);
}

function checkCalls(input: readonly Item[]): void {
  const calls = input.filter(({ type }) => type === 'function_call').map(({ call_id }) => call_id);
  const outputs = input.filter(({ type }) => type === 'function_call_output').map(({ call_id }) => call_id);
  const open = calls.find((id) => !outputs.includes(id));
  requireThat(open === undefined, `No tool output found for function call ${String(open)}.`);
  const stray = outputs.find((id) => !calls.includes(id));
  requireThat(stray === undefined, `No tool call found for function call output ${String(stray)}.`);
}

function sorted(item: Item | undefined): unknown {
  return Object.entries(item ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

function toItems({ text, calls = [], stop }: Extract<FakeAnswer, { kind: 'say' }>, turn: number): Item[] {
  const status = stop === 'max_tokens' ? 'incomplete' : 'completed';
  const reasoning = { type: 'reasoning', id: `rs_${turn}`, summary: [], encrypted_content: `enc-${turn}==` };
  const part =
    stop === 'refusal'
      ? { type: 'refusal', refusal: 'I cannot help with that.' }
      : { type: 'output_text', text, annotations: [] };
  const message = { type: 'message', id: `msg_${turn}`, role: 'assistant', status, content: [part] };
  const functions = calls.map(({ name, json }, index) => ({
    type: 'function_call',
    id: `fc_${turn}_${index}`,
    call_id: `call_${turn}_${index}`,
    name,
    arguments: stop === 'max_tokens' ? halves(json)[0] : json,
    status,
  }));
  return [reasoning, ...(text !== undefined || stop === 'refusal' ? [message] : []), ...functions];
}

function say(
  res: ServerResponse,
  { text, stop }: Extract<FakeAnswer, { kind: 'say' }>,
  response: object,
  output: readonly Item[],
): void {
  for (const delta of text === undefined ? [] : halves(text)) {
    send(res, 'response.output_text.delta', { delta, output_index: 1, content_index: 0 });
  }
  for (const [output_index, item] of output.entries())
    send(res, 'response.output_item.done', { output_index, item });
  const usage = {
    input_tokens: 1_000,
    input_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 40 },
    total_tokens: 1_050,
  };
  const isCut = stop === 'max_tokens';
  const status = isCut ? 'incomplete' : 'completed';
  const incomplete_details = isCut ? { reason: 'max_output_tokens' } : null;
  send(res, `response.${status}`, { response: { ...response, status, incomplete_details, output, usage } });
  res.end();
}

function interrupt(res: ServerResponse, { how, text }: Extract<FakeAnswer, { kind: 'break' }>): void {
  send(res, 'response.output_text.delta', { delta: text, output_index: 0, content_index: 0 });
  if (how === 'error') {
    send(res, 'error', { code: 'server_error', message: 'The server had an error', param: null });
    res.end();
  } else breakOff(res, how);
}

function fail(res: ServerResponse, answer: Extract<FakeAnswer, { kind: 'status' }>): void {
  const { status, code = null, message = 'no' } = answer;
  const error = { message, type: code ?? 'error', param: null, code };
  sendJson(res, status, { error }, { 'x-request-id': 'req_openai_1', ...retryHeaders(answer) });
}

function send(res: ServerResponse, type: string, fields: object): void {
  sendEvent(res, { type, ...fields }, type);
}
