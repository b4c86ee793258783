import { expect, test } from '@jest/globals';
import { costBound } from '../../lib/cli/job/cost-bound.ts';

const chat = {
  type: 'chat',
  payload: { prompt: 'x'.repeat(1_000) },
  model: 'claude-opus-5-5',
  maxTokens: 1_000,
};

test('a chat costs at most its input and its answer, for each try, within its budget', () => {
  // 2,000 input tokens at 5 and 1,000 output tokens at 20 micro-dollars
  expect(costBound({ ...chat, maxAttempts: 2, budgetUsd: 0.1 }, false)).toBe(
    'Costs at most $0.0300 a try (up to 2), and never more than $0.1000.',
  );
});

test('with one try there is one sum', () => {
  expect(costBound({ ...chat, maxAttempts: 1, budgetUsd: 0.1 }, false)).toBe(
    'Costs at most $0.0300, and never more than $0.1000.',
  );
});

test('what stands in the payload counts, in both spellings', () => {
  const payload = { prompt: '', max_tokens: 1_000, model: 'claude-opus-5-5' };
  expect(costBound({ type: 'claude_chat', payload }, false)).toContain('$0.0250 a try (up to 3)');
});

test('without a price only the budget bounds it', () => {
  expect(costBound({ ...chat, model: 'somebody-elses' }, false)).toBe(
    "Costs at most the deployment's job budget.",
  );
});

test('the offline model and an echo cost nothing', () => {
  expect(costBound(chat, true)).toContain('Costs nothing');
  expect(costBound({ type: 'echo', payload: {} }, false)).toBeUndefined();
});
