import type OpenAI from 'openai';
import type { ModelEntry } from '#contracts/model-entry.ts';
import type { ContentBlock, ModelRequest } from '#core/ports/model.ts';
import { argumentsOf, restOf, resultText } from './openai-parts.ts';

type Params = OpenAI.Responses.ResponseCreateParamsStreaming;
type Item = OpenAI.Responses.ResponseInputItem;

/**
 * A request as the Responses API takes it. Nothing is kept there (`store: false`), so that reasoning comes back
 * encrypted and goes along with every later request. Caching needs no asking.
 */
export function toResponsesParams(request: ModelRequest, entry: ModelEntry): Params {
  const { system, tools = [], effort, messages } = request;
  return {
    model: entry.apiModel,
    max_output_tokens: request.maxTokens,
    ...(system && { instructions: system }),
    input: messages.flatMap(({ role, content }) => content.flatMap((block) => toItems(role, block))),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: 'function' as const,
        name,
        description,
        parameters: inputSchema,
        // Strict schemas allow no optional fields, and ours have some.
        strict: false,
      })),
    }),
    ...(effort && entry.capabilities.effort && { reasoning: { effort } }),
    include: ['reasoning.encrypted_content'],
    store: false,
    stream: true,
  };
}

function toItems(role: 'user' | 'assistant', block: ContentBlock): Item[] {
  switch (block.type) {
    case 'text':
      return toMessage(role, block);
    case 'opaque':
      return block.raw.api === 'responses' ? [block.raw.value as Item] : [];
    case 'tool_use': {
      const { arguments: _, ...rest } = restOf(block, 'responses');
      const { id: call_id, name } = block;
      return [{ type: 'function_call', call_id, name, arguments: argumentsOf(block, 'responses'), ...rest }];
    }
    case 'tool_result':
      return [{ type: 'function_call_output', call_id: block.toolUseId, output: resultText(block) }];
    default:
      return block satisfies never;
  }
}

function toMessage(role: 'user' | 'assistant', block: Extract<ContentBlock, { type: 'text' }>): Item[] {
  const { text } = block;
  if (role === 'user') {
    return text === '' ? [] : [{ type: 'message', role, content: [{ type: 'input_text', text }] }];
  }
  const rest = restOf(block, 'responses');
  // An item with more in it than one plain text was kept whole.
  if ('item' in rest) return [rest.item as Item];
  const content = [{ type: 'output_text', text, annotations: [] }];
  return [{ type: 'message', role, content, ...rest } as unknown as Item];
}
