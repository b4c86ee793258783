import { fillIn, type Situation } from './choose-rule.ts';
import { countTokens, type PromptUsage, toCharacters } from './prefix-cache.ts';
import type { MessagesRequest } from './request-schema.ts';
import type { ScriptedAnswer, ScriptedBlock } from './script.ts';

export type AnswerBlock =
  | { type: 'text'; text: string }
  | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> };

export interface AnswerMessage {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: AnswerBlock[];
  stop_reason: string;
  stop_sequence: string | null;
  stop_details: { type: 'refusal'; category: null; explanation: string } | null;
  usage: PromptUsage & { output_tokens: number };
}

export interface ComposeOptions {
  answer: ScriptedAnswer;
  request: MessagesRequest;
  situation: Situation;
  usage: PromptUsage;
  /** A new id each time, with this prefix. */
  newId(prefix: string): string;
}

/** The whole answer of a rule, cut where `max_tokens` or a stop sequence cuts it. */
export function composeMessage({ answer, request, situation, usage, newId }: ComposeOptions): AnswerMessage {
  const scripted = answer.blocks.map((block) => toBlock(block, situation, newId));
  const cut = cutBlocks(scripted, request);
  const stopReason = cut.stopReason ?? answer.stopReason ?? naturalStop(cut.content);
  const explanation = 'The script of the offline model says so';
  return {
    id: newId('msg_offline_'),
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: cut.content,
    stop_reason: stopReason,
    stop_sequence: cut.stopSequence ?? null,
    stop_details: stopReason === 'refusal' ? { type: 'refusal', category: null, explanation } : null,
    usage: { ...usage, output_tokens: cut.content.reduce((sum, block) => sum + tokensOf(block), 0) },
  };
}

interface Cut {
  content: AnswerBlock[];
  stopReason?: 'max_tokens' | 'stop_sequence';
  stopSequence?: string;
}

function cutBlocks(blocks: readonly AnswerBlock[], request: MessagesRequest): Cut {
  const content: AnswerBlock[] = [];
  let left = request.max_tokens;
  for (const block of blocks) {
    const stop = block.type === 'text' ? findStop(block.text, request.stop_sequences ?? []) : undefined;
    const whole = stop && block.type === 'text' ? { ...block, text: block.text.slice(0, stop.at) } : block;
    if (tokensOf(whole) > left)
      return { content: [...content, ...shorten(whole, left)], stopReason: 'max_tokens' };
    content.push(whole);
    if (stop) return { content, stopReason: 'stop_sequence', stopSequence: stop.sequence };
    left -= tokensOf(whole);
  }
  return { content };
}

/** Half a tool call is none: it is left out. */
function shorten(block: AnswerBlock, tokens: number): AnswerBlock[] {
  return block.type === 'text' && tokens > 0
    ? [{ ...block, text: block.text.slice(0, toCharacters(tokens)) }]
    : [];
}

function findStop(text: string, sequences: readonly string[]): { at: number; sequence: string } | undefined {
  return sequences
    .map((sequence) => ({ at: text.indexOf(sequence), sequence }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
}

function toBlock(block: ScriptedBlock, situation: Situation, newId: ComposeOptions['newId']): AnswerBlock {
  if (block.type === 'text') return { type: 'text', text: fillIn(block.text, situation) };
  return { type: 'tool_use', id: newId('toolu_offline_'), name: block.name, input: block.input };
}

function naturalStop(content: readonly AnswerBlock[]): string {
  return content.at(-1)?.type === 'tool_use' ? 'tool_use' : 'end_turn';
}

function tokensOf(block: AnswerBlock): number {
  return countTokens(block.type === 'text' ? block.text : JSON.stringify(block.input) + block.name);
}
