import { countTokens } from './prefix-cache.ts';

/** A block as it is composed and streamed. The input of a tool is text: cut off or scripted, it may be no JSON. */
export type AnswerBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'tool_use'; id: string; name: string; json: string };

/** As it stands in an answer that is not streamed, and as it comes back in later requests. */
export function toWire(block: AnswerBlock): Record<string, unknown> & { type: string } {
  if (block.type !== 'tool_use') return block;
  const { json, ...rest } = block;
  return { ...rest, input: parseInput(json) };
}

/** At the start of a streamed block nothing of it has come yet. */
export function toStart(block: AnswerBlock): Record<string, unknown> {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, input: {} };
    default:
      return block satisfies never;
  }
}

export function toDeltas(block: AnswerBlock): Record<string, unknown>[] {
  switch (block.type) {
    case 'text':
      return pieces(block.text).map((text) => ({ type: 'text_delta', text }));
    case 'thinking': {
      const thinking = pieces(block.thinking).map((piece) => ({ type: 'thinking_delta', thinking: piece }));
      return [...thinking, { type: 'signature_delta', signature: block.signature }];
    }
    case 'tool_use':
      return pieces(block.json).map((json) => ({ type: 'input_json_delta', partial_json: json }));
    default:
      return block satisfies never;
  }
}

export function tokensOf(block: AnswerBlock): number {
  switch (block.type) {
    case 'text':
      return countTokens(block.text);
    case 'thinking':
      return countTokens(block.thinking);
    case 'tool_use':
      return countTokens(block.json + block.name);
    default:
      return block satisfies never;
  }
}

const deltaCharacters = 12;

/** Whole characters only: half of a surrogate pair would not survive the way. */
function pieces(text: string): string[] {
  const characters = [...text];
  const count = Math.ceil(characters.length / deltaCharacters);
  return Array.from({ length: count }, (_, i) =>
    characters.slice(i * deltaCharacters, (i + 1) * deltaCharacters).join(''),
  );
}

function parseInput(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
