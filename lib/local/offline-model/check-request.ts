import type * as z from 'zod';
import { modelPrices } from '#contracts/model-prices.ts';
import { ApiFault, invalid } from './api-fault.ts';
import { checkCacheControl } from './check-cache-control.ts';
import { checkToolPairs } from './check-tool-pairs.ts';
import { type MessagesRequest, messagesRequest } from './request-schema.ts';
import { checkThinkingBinding } from './thinking-binding.ts';

/** Largest body of a request. Source: the API's limit for Messages. */
const bodyBytesMax = 32 * 1_024 * 1_024;

/** Forced tool use is refused by these. Source: the vendor's list for API version 2026-10-21. */
const noForcedTools = /^claude-(opus-5-5|sonnet-5-5|fable-5-\d)$/;
const noDisabledThinking = /^claude-(opus-5-5|sonnet-5-5|fable-5(-\d)?)$/;
const budgetThinking = /^claude-(sonnet-4-6|opus-4-[56]|haiku-4-5|sonnet-4-5)$/;
const assistantPrefill = /^claude-haiku-4-5$/;

export interface CheckOptions {
  /** Whether this server has paused with this content, so that it may stand last. */
  isPaused(content: unknown): boolean;
  /** The request only wants its tokens counted, and may leave `max_tokens` out. */
  isCount: boolean;
}

/**
 * Checks a request as strictly as the real API does.
 *
 * @throws ApiFault of the status and type that the real one answers
 */
export function checkRequest(body: Buffer, { isPaused, isCount }: CheckOptions): MessagesRequest {
  if (body.length > bodyBytesMax) {
    throw new ApiFault(413, 'request_too_large', 'Request exceeds the maximum size');
  }
  const json = readJson(body);
  const parsed = messagesRequest.safeParse(isCount ? { max_tokens: 0, ...Object(json) } : json);
  if (!parsed.success) throw invalid(describe(parsed.error));
  const request = parsed.data;
  checkModel(request);
  checkRoles(request, isPaused);
  checkToolPairs(request.messages);
  checkTools(request);
  checkThinking(request);
  checkCacheControl(request);
  checkThinkingBinding(request);
  return request;
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw invalid('The request body is not valid JSON');
  }
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'The request is invalid';
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return `${[...issue.path, issue.keys[0]].join('.')}: Extra inputs are not permitted`;
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) return `${path}: Field required`;
  return `${path}: ${issue.message}`;
}

function checkModel({ model, max_tokens }: MessagesRequest): void {
  const price = Object.hasOwn(modelPrices, model) ? modelPrices[model] : undefined;
  if (!price) throw new ApiFault(404, 'not_found_error', `model: ${model}`);
  if (max_tokens <= price.maxOutputTokens) return;
  throw invalid(
    `max_tokens: ${max_tokens} > ${price.maxOutputTokens}, which is the maximum allowed number of output tokens for ${model}`,
  );
}

function checkRoles({ messages, model }: MessagesRequest, isPaused: CheckOptions['isPaused']): void {
  if (messages[0]?.role !== 'user') throw invalid('messages: first message must use the "user" role');
  const last = messages.at(-1);
  if (last?.role === 'assistant' && !assistantPrefill.test(model) && !isPaused(last.content)) {
    throw invalid('messages: this model does not support assistant message prefill; end with a user message');
  }
  for (const [index, message] of messages.entries()) {
    const blocks = typeof message.content === 'string' ? [] : message.content;
    const wrong = blocks.find((block) => !isAllowed(message.role, block.type));
    if (wrong)
      throw invalid(
        `messages.${index}: \`${wrong.type}\` blocks are not permitted in ${message.role} messages`,
      );
  }
}

const assistantTypes = ['text', 'tool_use'];
const userTypes = ['text', 'image', 'document', 'tool_result', 'search_result', 'container_upload'];

function isAllowed(role: string, type: string): boolean {
  if (role === 'system') return type === 'text';
  if (role === 'user') return userTypes.includes(type);
  return assistantTypes.includes(type) || !userTypes.includes(type);
}

function checkTools({ tools = [], tool_choice: choice, model }: MessagesRequest): void {
  const names = tools.map((tool) => tool.name);
  if (new Set(names).size < names.length) throw invalid('tools: Tool names must be unique');
  if (!choice) return;
  if (tools.length === 0) throw invalid('tool_choice: may only be specified while providing tools');
  if ((choice.type === 'any' || choice.type === 'tool') && noForcedTools.test(model)) {
    throw invalid(`tool_choice: forced tool use is not supported by ${model}`);
  }
  if (choice.type === 'tool' && !names.includes(choice.name)) {
    throw invalid(`tool_choice: Tool '${choice.name}' not found in provided tools`);
  }
}

function checkThinking({ thinking, model, max_tokens, output_config: output }: MessagesRequest): void {
  switch (thinking?.type) {
    case undefined:
    case 'adaptive':
      return;
    case 'enabled':
      if (!budgetThinking.test(model)) throw invalid(`thinking: budget_tokens is not supported by ${model}`);
      if (thinking.budget_tokens < max_tokens) return;
      throw invalid('thinking: `max_tokens` must be greater than `thinking.budget_tokens`');
    case 'between_tools':
      if (model === 'claude-sonnet-5-5') return;
      throw invalid(`thinking: between_tools is not supported by ${model}`);
    case 'disabled':
      if (noDisabledThinking.test(model)) throw invalid(`thinking: cannot be disabled on ${model}`);
      if (model !== 'claude-haiku-5-5' || !['xhigh', 'max'].includes(output?.effort ?? '')) return;
      throw invalid(`thinking: cannot be disabled on ${model} at this effort`);
    default:
      thinking satisfies never;
  }
}
