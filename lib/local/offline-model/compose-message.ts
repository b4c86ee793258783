import { type AnswerBlock, tokensOf, toWire } from './answer-block.ts';
import { type PromptUsage, toCharacters } from './prefix-cache.ts';
import type { MessagesRequest } from './request-schema.ts';
import type { ScriptedAnswer, ScriptedBlock } from './script.ts';
import type { Situation } from './situation.ts';
import { fillIn, fillInDeep } from './template.ts';
import { bindRequest } from './thinking-binding.ts';

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
  captures: Readonly<Record<string, string>>;
  usage: PromptUsage;
  /** A new id each time, with this prefix. */
  newId(prefix: string): string;
}

/** The whole answer of a rule, cut where `max_tokens` or a stop sequence cuts it. */
export function composeMessage(options: ComposeOptions): AnswerMessage {
  const { answer, request, usage, newId } = options;
  const cut = cutBlocks(toBlocks(options), request);
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

/** The start of a text or of a tool's input is sent; half a thought has no signature and is not. */
function shorten(block: AnswerBlock, tokens: number): AnswerBlock[] {
  if (tokens <= 0 || block.type === 'thinking') return [];
  const characters = toCharacters(tokens);
  if (block.type === 'text') return [{ ...block, text: block.text.slice(0, characters) }];
  return [{ ...block, json: block.json.slice(0, Math.max(0, characters - block.name.length)) }];
}

function findStop(text: string, sequences: readonly string[]): { at: number; sequence: string } | undefined {
  return sequences
    .map((sequence) => ({ at: text.indexOf(sequence), sequence }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
}

function toBlocks(options: ComposeOptions): AnswerBlock[] {
  const binding = bindRequest(options.request);
  return options.answer.blocks.map((scripted) => {
    const block = toBlock(scripted, options, () => binding.sign());
    binding.add('assistant', toWire(block));
    return block;
  });
}

function toBlock(block: ScriptedBlock, options: ComposeOptions, sign: () => string): AnswerBlock {
  const { situation, captures, newId } = options;
  switch (block.type) {
    case 'text':
      return { type: 'text', text: fillIn(block.text, situation, captures) };
    case 'thinking':
      return { type: 'thinking', thinking: fillIn(block.text, situation, captures), signature: sign() };
    case 'tool_use': {
      const json = JSON.stringify(fillInDeep(block.input, situation, captures));
      return { type: 'tool_use', id: newId('toolu_offline_'), name: block.name, json };
    }
    case 'malformed_tool_use':
      return { type: 'tool_use', id: newId('toolu_offline_'), name: block.name, json: block.json };
    default:
      return block satisfies never;
  }
}

function naturalStop(content: readonly AnswerBlock[]): string {
  return content.at(-1)?.type === 'tool_use' ? 'tool_use' : 'end_turn';
}
