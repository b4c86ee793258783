import type { ContentBlock, StopReason, ToolUseBlock } from '#core/ports/model.ts';

/** The input of a tool call, or why it is none. A model is told this, so that it can try again. */
export function readToolInput(json: string): Pick<ToolUseBlock, 'input' | 'invalid'> {
  if (json.trim() === '') return { input: {} };
  try {
    const input: unknown = JSON.parse(json);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { input };
    return { input: {}, invalid: `The input is no JSON object, and the call was not run: ${excerpt(json)}` };
  } catch {
    return { input: {}, invalid: `The input is no valid JSON, and the call was not run: ${excerpt(json)}` };
  }
}

function excerpt(json: string): string {
  return json.length <= 200 ? json : `${json.slice(0, 100)} … ${json.slice(-100)}`;
}

/**
 * Calls of an answer that did not come to its end are not to be run: which of them are whole cannot be told, as
 * an input that was cut off at its start looks like an empty one.
 */
export function withoutCutCalls(content: ContentBlock[], stopReason: StopReason): ContentBlock[] {
  if (stopReason === 'tool_use' || stopReason === 'pause_turn') return content;
  const invalid = `The answer ended with "${stopReason}" before its calls were complete; none of them was run.`;
  return content.map((block) => (block.type === 'tool_use' ? { invalid, ...block } : block));
}

export function joinText(content: readonly ContentBlock[]): string {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
}
