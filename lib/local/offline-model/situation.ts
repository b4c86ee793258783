import { blocksOf } from './check-tool-pairs.ts';
import type { MessagesRequest, RequestBlock, RequestMessage } from './request-schema.ts';

export interface SeenResult {
  tool: string;
  content: string;
  isError: boolean;
}

/** What of a conversation the rules look at. */
export interface Situation {
  model: string;
  system: string;
  /** Text of the first user message: what the job is about, at every turn. */
  task: string;
  /** Text of the last user message; empty where it only brings results of tools. */
  prompt: string;
  /** 1 is the first answer of a conversation. */
  turn: number;
  /** Names of the tools that the request offers. */
  offers: string[];
  /** What the last user message brings of tools, in its order. */
  results: SeenResult[];
  /** The content of the last of them; empty without one. */
  result: string;
  /** Text, calls and results from the beginning on, a line each. */
  transcript: string;
}

export function readSituation(request: MessagesRequest): Situation {
  const users = request.messages.filter((message) => message.role === 'user');
  const { system = '' } = request;
  const results = readResults(request.messages);
  return {
    model: request.model,
    system: typeof system === 'string' ? system : system.map(({ text }) => text).join('\n'),
    task: textOf(users[0]),
    prompt: textOf(users.at(-1)),
    turn: request.messages.filter((message) => message.role === 'assistant').length + 1,
    offers: (request.tools ?? []).map(({ name }) => name),
    results,
    result: results.at(-1)?.content ?? '',
    transcript: request.messages.flatMap(blocksOf).map(toLine).join('\n'),
  };
}

function textOf(message: RequestMessage | undefined): string {
  const blocks = message ? blocksOf(message) : [];
  return blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}

function readResults(messages: readonly RequestMessage[]): SeenResult[] {
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const calls = messages.slice(0, Math.max(0, last)).flatMap(blocksOf);
  const toolOf = (id: string) =>
    calls.flatMap((block) => (block.type === 'tool_use' && block.id === id ? [block.name] : []))[0] ?? '';
  const message = messages[last];
  return (message ? blocksOf(message) : []).flatMap((block) =>
    block.type === 'tool_result'
      ? [{ tool: toolOf(block.tool_use_id), content: contentOf(block), isError: block.is_error ?? false }]
      : [],
  );
}

function contentOf({ content = '' }: Extract<RequestBlock, { type: 'tool_result' }>): string {
  if (typeof content === 'string') return content;
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

function toLine(block: RequestBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'tool_use':
      return `${block.name} ${JSON.stringify(block.input)}`;
    case 'tool_result':
      return contentOf(block);
    default:
      return '';
  }
}
