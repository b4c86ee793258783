import type Anthropic from '@anthropic-ai/sdk';
import type { ModelEntry } from '#contracts/model-entry.ts';
import type { ContentBlock, ModelMessage, ModelRequest, ToolSpec } from '#core/ports/model.ts';

const cacheControl = { type: 'ephemeral' } as const;

/**
 * A request as the Messages API takes it. Only what every server of this protocol understands, except where the
 * model's entry says that it takes more: `tool_choice` is left to its default (`auto`), and there are no betas.
 *
 * Of two breakpoints the first is fixed, behind tools and system; the second, at the top level, moves along with
 * the end of the conversation.
 */
export function toParams(request: ModelRequest, entry: ModelEntry): Anthropic.MessageCreateParamsStreaming {
  const { capabilities } = entry;
  const isCached = request.cache === 'agent' && capabilities.cacheControl;
  const { system, tools = [], effort } = request;
  return {
    model: entry.apiModel,
    max_tokens: request.maxTokens,
    ...(system && {
      system: [{ type: 'text', text: system, ...(isCached && { cache_control: cacheControl }) }],
    }),
    ...(tools.length > 0 && { tools: toTools(tools, isCached && !system) }),
    messages: request.messages.flatMap(toMessages),
    ...(isCached && { cache_control: cacheControl }),
    ...(effort && capabilities.effort && { output_config: { effort } }),
    ...(effort && capabilities.adaptiveThinking && { thinking: { type: 'adaptive' } }),
    stream: true,
  };
}

function toTools(tools: readonly ToolSpec[], isCached: boolean): Anthropic.Tool[] {
  return tools.map(({ name, description, inputSchema }, index) => ({
    name,
    description,
    input_schema: inputSchema,
    ...(isCached && index === tools.length - 1 && { cache_control: cacheControl }),
  }));
}

/** A message of which nothing is left is left out: the API takes no empty ones. */
function toMessages({ role, content }: ModelMessage): Anthropic.MessageParam[] {
  const blocks = content.flatMap(toBlocks);
  return blocks.length === 0 ? [] : [{ role, content: blocks } as Anthropic.MessageParam];
}

function toBlocks(block: ContentBlock): Anthropic.ContentBlockParam[] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [{ ...restOf(block), type: 'text', text: block.text }];
    case 'opaque':
      // It came from this protocol and goes back to it as it is; another one's means nothing here.
      return block.raw.api === 'messages' ? [block.raw.value as Anthropic.ContentBlockParam] : [];
    case 'tool_use': {
      const { id, name, input } = block;
      return [{ type: 'tool_use', id, name, input, ...restOf(block) }];
    }
    case 'tool_result':
      return [
        {
          type: 'tool_result',
          tool_use_id: block.toolUseId,
          ...(block.content !== '' && { content: block.content }),
          ...(block.isError && { is_error: true }),
        },
      ];
    default:
      return block satisfies never;
  }
}

function restOf({ raw }: Extract<ContentBlock, { type: 'text' | 'tool_use' }>): object {
  return raw?.api === 'messages' ? (raw.value as object) : {};
}
