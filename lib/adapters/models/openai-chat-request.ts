import type OpenAI from 'openai';
import type { Effort } from '#contracts/conversation.ts';
import type { ModelEntry } from '#contracts/model-entry.ts';
import type { ContentBlock, ModelMessage, ModelRequest, ToolUseBlock } from '#core/ports/model.ts';
import { argumentsOf, restOf, resultText } from './openai-parts.ts';

type Params = OpenAI.Chat.ChatCompletionCreateParamsStreaming;
type Message = OpenAI.Chat.ChatCompletionMessageParam;
type Call = OpenAI.Chat.ChatCompletionMessageFunctionToolCall;

/** Gemini and most servers know no more than these. */
const effortOf = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const satisfies Record<Effort, string>;

/** A request as servers of OpenAI's chat completions take it: only what all of them understand. */
export function toChatParams(request: ModelRequest, entry: ModelEntry): Params {
  const { system, tools = [], effort, messages } = request;
  return {
    model: entry.apiModel,
    // The older name: newer servers of OpenAI's own are reached over Responses, and the others know this one.
    max_tokens: request.maxTokens,
    messages: [
      ...(system ? [{ role: 'system' as const, content: system }] : []),
      ...messages.flatMap(toMessages),
    ],
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: 'function' as const,
        function: { name, description, parameters: inputSchema },
      })),
    }),
    ...(effort && entry.capabilities.effort && { reasoning_effort: effortOf[effort] }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function toMessages({ role, content }: ModelMessage): Message[] {
  return role === 'user' ? toUserMessages(content) : toAssistantMessages(content);
}

/** Results come first, each as a message of its own. */
function toUserMessages(content: readonly ContentBlock[]): Message[] {
  const results = content.flatMap((block): Message[] =>
    block.type === 'tool_result'
      ? [{ role: 'tool', tool_call_id: block.toolUseId, content: resultText(block) }]
      : [],
  );
  const texts = textsOf(content);
  return texts.length === 0 ? results : [...results, { role: 'user', content: toContent(texts) }];
}

function toAssistantMessages(content: readonly ContentBlock[]): Message[] {
  const texts = textsOf(content);
  const calls = content.flatMap((block) => (block.type === 'tool_use' ? [toCall(block)] : []));
  if (texts.length === 0 && calls.length === 0) return [];
  const message = {
    role: 'assistant' as const,
    content: texts.length === 0 ? null : texts.join(''),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...extrasOf(content),
  };
  return [message];
}

function textsOf(content: readonly ContentBlock[]): string[] {
  return content.flatMap((block) => (block.type === 'text' && block.text !== '' ? [block.text] : []));
}

function toContent(texts: readonly string[]): string | OpenAI.Chat.ChatCompletionContentPartText[] {
  const [only] = texts;
  return texts.length === 1 && only !== undefined ? only : texts.map((text) => ({ type: 'text', text }));
}

/** With the thought signature, say, which Gemini wants back on the very call that it came with. */
function toCall(block: ToolUseBlock): Call {
  const { arguments: _, ...rest } = restOf(block, 'chat');
  const { id, name } = block;
  return { id, type: 'function', function: { name, arguments: argumentsOf(block, 'chat') }, ...rest };
}

/** Fields that stood on the message itself; see the reader. */
function extrasOf(content: readonly ContentBlock[]): object {
  const own = content.flatMap((block) => {
    if (block.type === 'text') return [restOf(block, 'chat')];
    return block.type === 'opaque' && block.raw.api === 'chat' ? [block.raw.value as object] : [];
  });
  return Object.assign({}, ...own);
}
