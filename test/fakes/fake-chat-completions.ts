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

interface Call {
  id: string;
  function: { name: string; arguments: string };
  extra_content?: { google?: { thought_signature?: string } };
}
interface Message {
  role: string;
  content?: unknown;
  tool_calls?: Call[];
  tool_call_id?: string;
}
type Body = Record<string, unknown> & { messages: Message[] };

/** `gemini`: Google's, with thought signatures. `plain`: a server of one's own (llama.cpp, Ollama, vLLM). */
export type ChatFlavour = 'gemini' | 'plain';

const knownFields = [
  'model',
  'messages',
  'tools',
  'max_tokens',
  'reasoning_effort',
  'stream',
  'stream_options',
];

/**
 * OpenAI's chat completions. As Gemini, it wants back the signature of the first call of every answer, gives all
 * parallel calls the index 0, says "stop" after calls, puts errors into an array, answers 400 for a wrong key, and
 * leaves thinking out of the completion's tokens.
 */
export async function startFakeChat(
  answers: readonly FakeAnswer[],
  flavour: ChatFlavour,
): Promise<FakeProvider> {
  const next = inTurn(answers);
  const requests: Record<string, unknown>[] = [];
  const { url, close } = await startFakeServer((req, res, raw) => {
    const body = JSON.parse(raw.toString('utf8')) as Body;
    requests.push(body);
    try {
      requireThat(req.url === '/v1beta/openai/chat/completions', `Unknown path ${req.url}`);
      checkBody(body, flavour);
    } catch (error) {
      if (!(error instanceof FakeRefusal)) throw error;
      return fail(res, { kind: 'status', status: 400, message: error.message }, flavour);
    }
    const answer = next();
    if (answer.kind === 'status') return fail(res, answer, flavour);
    beginStream(res);
    if (answer.kind === 'break') return interrupt(res, answer);
    say(res, answer, flavour, requests.length);
  });
  return { url: `${url}/v1beta/openai/`, requests, close };
}

function checkBody(body: Body, flavour: ChatFlavour): void {
  requireFields(body, knownFields);
  for (const [index, message] of body.messages.entries()) {
    const { role, content, tool_calls: calls } = message;
    const isFilled = typeof content === 'string' ? content !== '' : Array.isArray(content) || !!calls;
    requireThat(isFilled || role === 'tool', `messages[${index}]: empty content`);
    if (!calls) continue;
    const first = calls[0]?.extra_content?.google?.thought_signature;
    requireThat(
      flavour === 'plain' || /^sig-\d+$/.test(first ?? ''),
      `Function call is missing a thought_signature in functionCall parts, position ${index}`,
    );
    const answered = body.messages
      .slice(index + 1, index + 1 + calls.length)
      .map(({ role, tool_call_id }) => (role === 'tool' ? tool_call_id : undefined));
    const isPaired = calls.every(({ id }) => answered.includes(id));
    requireThat(isPaired, 'the number of function response parts must equal that of function call parts');
  }
}

function say(
  res: ServerResponse,
  { text, calls = [], stop }: Extract<FakeAnswer, { kind: 'say' }>,
  flavour: ChatFlavour,
  turn: number,
): void {
  for (const content of text === undefined ? [] : halves(text)) chunk(res, { role: 'assistant', content });
  for (const [index, call] of calls.entries()) {
    const json = stop === 'max_tokens' ? halves(call.json)[0] : call.json;
    const id = `call_${turn}_${index}`;
    if (flavour === 'gemini') {
      const signature = { extra_content: { google: { thought_signature: `sig-${turn}` } } };
      const own = { index: 0, id, type: 'function', function: { name: call.name, arguments: json } };
      chunk(res, { tool_calls: [{ ...own, ...(index === 0 && signature) }] });
    } else {
      const [head, tail] = halves(json);
      const begun = { index, id, type: 'function', function: { name: call.name, arguments: head } };
      chunk(res, { tool_calls: [begun] });
      chunk(res, { tool_calls: [{ index, function: { arguments: tail } }] });
    }
  }
  chunk(res, {}, finishOf(flavour, calls.length > 0, stop));
  const thoughts = flavour === 'gemini' ? 30 : 0;
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120 + thoughts,
    ...(flavour === 'gemini' && { prompt_tokens_details: { cached_tokens: 60 } }),
  };
  sendEvent(res, { ...envelope, choices: [], usage });
  res.end('data: [DONE]\n\n');
}

function finishOf(
  flavour: ChatFlavour,
  hasCalls: boolean,
  stop: 'refusal' | 'max_tokens' | undefined,
): string {
  if (stop !== undefined) return stop === 'refusal' ? 'content_filter' : 'length';
  return hasCalls && flavour === 'plain' ? 'tool_calls' : 'stop';
}

const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gemini-3-pro-preview' };

function chunk(res: ServerResponse, delta: object, finish_reason: string | null = null): void {
  sendEvent(res, { ...envelope, choices: [{ index: 0, delta, finish_reason }] });
}

function interrupt(res: ServerResponse, { how, text }: Extract<FakeAnswer, { kind: 'break' }>): void {
  chunk(res, { role: 'assistant', content: text });
  if (how === 'error') {
    sendEvent(res, { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } });
    res.end();
  } else breakOff(res, how);
}

function fail(
  res: ServerResponse,
  answer: Extract<FakeAnswer, { kind: 'status' }>,
  flavour: ChatFlavour,
): void {
  const { status, message = 'no', code } = answer;
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code }];
  const error = flavour === 'gemini' ? { code: status, message, details } : { message, type: 'error', code };
  sendJson(res, status, flavour === 'gemini' ? [{ error }] : { error }, retryHeaders(answer));
}
