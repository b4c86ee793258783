import { AppError } from '#contracts/errors.ts';
import type { HeadEntry } from '#contracts/transcript.ts';
import type { ModelRequest } from '../ports/model.ts';
import type { ConversationTerms } from './conversation-terms.ts';

type Tool = NonNullable<ModelRequest['tools']>[number];

/**
 * A conversation keeps what it began with, to the byte: providers bind what a model has thought to the system text
 * and the tools before it, and an agent whose tools change under it is another one. So an attempt whose code says
 * something else follows the transcript, or refuses.
 *
 * @throws AppError `worker_error` where the code cannot go on as the transcript began
 */
export function pinTerms(
  terms: ConversationTerms,
  head: HeadEntry | undefined,
  digest: (tool: Tool) => string,
): ConversationTerms {
  if (!head) return terms;
  if (head.model !== terms.model) throw changed(`it began with the model ${head.model}`);
  const { effort, system = terms.system } = head;
  if (!terms.tools) return { ...terms, system, effort };
  const tools = terms.tools;
  return { ...terms, system, effort, tools: head.tools.map((kept) => pinTool(kept, tools, digest)) };
}

function pinTool(
  kept: HeadEntry['tools'][number],
  tools: readonly Tool[],
  digest: (tool: Tool) => string,
): Tool {
  const { name, definition, sha256 } = kept;
  const known = tools.find((tool) => tool.name === name);
  if (!known) throw changed(`it began with a tool "${name}", which is not there any more`);
  if (definition) {
    const { description, inputSchema } = definition;
    return { name, description, inputSchema: { ...inputSchema, type: 'object' } };
  }
  if (digest(known) !== sha256) throw changed(`its tool "${name}" was described in other words`);
  return known;
}

function changed(why: string): AppError {
  return new AppError('worker_error', `This version of Muster cannot go on with the conversation: ${why}.`, {
    retryable: false,
    remedy: 'Begin anew with this version: muster job retry ID',
  });
}
