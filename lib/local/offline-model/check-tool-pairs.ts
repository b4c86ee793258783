import { invalid } from './api-fault.ts';
import type { RequestBlock, RequestMessage } from './request-schema.ts';

/**
 * Every `tool_use` is answered in the very next message, every `tool_result` answers one of the message right
 * before, and results come before anything else in their message.
 */
export function checkToolPairs(messages: readonly RequestMessage[]): void {
  const seen = new Set<string>();
  let open: string[] = [];
  for (const [index, message] of messages.entries()) {
    const blocks = blocksOf(message);
    checkResults(index, blocks, open);
    open = message.role === 'assistant' ? toolUseIds(blocks) : [];
    for (const id of open) {
      if (seen.has(id)) throw invalid(`messages.${index}: \`tool_use\` ids must be unique: ${id}`);
      seen.add(id);
    }
  }
  if (open.length > 0) throw unanswered(messages.length - 1, open);
}

export function blocksOf(message: RequestMessage): RequestBlock[] {
  return typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
}

function checkResults(index: number, blocks: readonly RequestBlock[], open: readonly string[]): void {
  const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
  const stray = results.find((id, at) => !open.includes(id) || results.indexOf(id) !== at);
  if (stray !== undefined) {
    throw invalid(
      `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    );
  }
  const missing = open.filter((id) => !results.includes(id));
  if (missing.length > 0) throw unanswered(index - 1, missing);
  const late = blocks.findIndex((block, at) => block.type === 'tool_result' && at >= results.length);
  if (late >= 0) throw invalid(`messages.${index}.content.${late}: \`tool_result\` blocks must come first`);
}

function toolUseIds(blocks: readonly RequestBlock[]): string[] {
  return blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
}

function unanswered(index: number, ids: readonly string[]) {
  return invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}
