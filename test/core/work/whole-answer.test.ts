import { expect, test } from '@jest/globals';
import type { ContentBlock } from '#contracts/conversation.ts';
import { wholeAnswer } from '#contracts/response-cache.ts';
import type { ModelTurn } from '#core/ports/model.ts';
import { fromWholeAnswer, toWholeAnswer } from '#core/work/whole-answer.ts';

const text: ContentBlock = { type: 'text', text: 'Yes.' };
const call: ContentBlock = { type: 'tool_use', id: 't1', name: 'bash', input: { command: 'ls' } };
const raw = { api: 'messages' as const, value: { signature: 'c2ln' } };
const thinking: ContentBlock = { type: 'opaque', raw };

function answer(content: ContentBlock[], stopReason: ModelTurn['stopReason'] = 'end_turn'): ModelTurn {
  const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 };
  return { content, text: 'Yes.', stopReason, usage, model: 'm', offline: false, requestId: 'req' };
}

test('words and calls are kept as they are, and given again for nothing', () => {
  const kept = toWholeAnswer(answer([text, call], 'tool_use'));
  expect(kept).toEqual({ content: [text, call], stopReason: 'tool_use', model: 'm', offline: false });
  expect(wholeAnswer.parse(kept)).toEqual(kept);
  expect(kept && fromWholeAnswer(kept)).toEqual({
    ...{ content: [text, call], text: 'Yes.', stopReason: 'tool_use', model: 'm', offline: false },
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  });
});

test.each(['max_tokens', 'stop_sequence', 'pause_turn', 'refusal', 'model_context_window_exceeded'] as const)(
  'an answer that ended with %s is not kept [D9]',
  (stopReason) => {
    expect(toWholeAnswer(answer([text], stopReason))).toBeUndefined();
  },
);

test('signed thinking is never kept: words are kept without it, calls of tools not at all [D9]', () => {
  expect(toWholeAnswer(answer([thinking, text]))?.content).toEqual([text]);
  expect(toWholeAnswer(answer([{ ...text, raw }]))?.content).toEqual([text]);
  expect(toWholeAnswer(answer([thinking, call], 'tool_use'))).toBeUndefined();
  expect(toWholeAnswer(answer([{ ...text, raw }, call], 'tool_use'))).toBeUndefined();
  expect(toWholeAnswer(answer([{ ...call, raw } as ContentBlock], 'tool_use'))).toBeUndefined();
  expect(toWholeAnswer(answer([thinking, call]))).toBeUndefined();
});

test('a call that must not be run, an answer of nothing, and one that is too long are not kept', () => {
  expect(toWholeAnswer(answer([{ ...call, invalid: 'cut' } as ContentBlock], 'tool_use'))).toBeUndefined();
  expect(toWholeAnswer(answer([]))).toBeUndefined();
  expect(toWholeAnswer(answer([thinking]))).toBeUndefined();
  expect(toWholeAnswer(answer([{ type: 'text', text: 'ä'.repeat(131_000) }]))).toBeDefined();
  expect(toWholeAnswer(answer([{ type: 'text', text: 'ä'.repeat(131_072) }]))).toBeUndefined();
});
