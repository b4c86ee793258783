import type { ContentBlock } from '#contracts/conversation.ts';
import { limits } from '#contracts/limits.ts';
import type { WholeAnswer } from '#contracts/response-cache.ts';
import { noUsage } from '#contracts/usage.ts';
import type { ModelTurn } from '../ports/model.ts';
import { utf8Length } from './utf8.ts';

type Kept = WholeAnswer['content'][number];

/**
 * What of an answer may be given again in another conversation; undefined where nothing may: a refusal, an answer that
 * was cut off, one that is too long. Signed blocks are bound to the conversation that they were given in, and to the
 * account. From words they can be left out; calls of tools do not go back to their provider without them.
 */
export function toWholeAnswer(answer: ModelTurn): WholeAnswer | undefined {
  const { stopReason, model, offline } = answer;
  if (stopReason !== 'end_turn' && stopReason !== 'tool_use') return undefined;
  const content = toContent(answer.content);
  if (!content || content.length === 0) return undefined;
  const whole = { content, stopReason, model, offline };
  return utf8Length(JSON.stringify(whole)) <= limits.responseBytes ? whole : undefined;
}

function toContent(blocks: readonly ContentBlock[]): Kept[] | undefined {
  const texts = blocks.flatMap((block): Kept[] =>
    block.type === 'text' && block.text !== '' ? [{ type: 'text', text: block.text }] : [],
  );
  if (!blocks.some(({ type }) => type === 'tool_use')) return texts;
  const isPlain = blocks.every(
    (block) =>
      (block.type === 'text' && block.raw === undefined) ||
      (block.type === 'tool_use' && block.raw === undefined && block.invalid === undefined),
  );
  return isPlain ? blocks.flatMap(toKept) : undefined;
}

function toKept(block: ContentBlock): Kept[] {
  if (block.type === 'text') return [{ type: 'text', text: block.text }];
  if (block.type !== 'tool_use') return [];
  const { id, name, input } = block;
  return [{ type: 'tool_use', id, name, input }];
}

/** The answer as if the model had given it, for nothing. */
export function fromWholeAnswer({ content, stopReason, model, offline }: WholeAnswer): ModelTurn {
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
  return { content: [...content], text, stopReason, usage: noUsage, model, offline };
}
