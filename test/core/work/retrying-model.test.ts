import { expect, test } from '@jest/globals';
import { noUsage } from '#contracts/usage.ts';
import { type Model, ModelError, type ModelTurn } from '#core/ports/model.ts';
import { makeRetryingModel } from '#core/work/retrying-model.ts';
import { turnOf } from '../../fakes/worker-ports.ts';
import { HastyTime } from '../../fakes/worker-time.ts';

const request = { model: 'claude-sonnet-5-5', messages: [], maxTokens: 1_000 };
const signal = new AbortController().signal;
const usage = (outputTokens: number) => ({ ...noUsage, inputTokens: 100, outputTokens });
const cut = (outputTokens: number) =>
  new ModelError('provider_unavailable', 'cut', { retryable: true, usage: usage(outputTokens) });

/** At 2 a token in and 10 a token out; a further try may cost 100 × 2.5 + 1,000 × 10. */
const oneMore = 10_250;

function modelOf(...answers: (ModelError | ModelTurn)[]) {
  let calls = 0;
  const model: Model = {
    turn: async () => {
      const answer = answers[calls++];
      if (answer instanceof ModelError || !answer) throw answer;
      return answer;
    },
  };
  return { model: makeRetryingModel(model, new HastyTime()), calls: () => calls };
}

test('a try that broke off is repeated as long as both fit into what was put aside', async () => {
  const { model, calls } = modelOf(cut(50), turnOf('Hi', { usage: usage(20) }));
  const answer = await model.turn(request, { signal, reservedMicroUsd: 700 + oneMore });
  expect(calls()).toBe(2);
  expect(answer.usage).toMatchObject({ inputTokens: 200, outputTokens: 70 });
});

test('a try that broke off is not repeated where another one could cost more than was put aside', async () => {
  const { model, calls } = modelOf(cut(50), turnOf('Hi'));
  const failed = model.turn(request, { signal, reservedMicroUsd: 699 + oneMore });
  await expect(failed).rejects.toMatchObject({ retryable: true, usage: usage(50) });
  expect(calls()).toBe(1);
});

test('a call that failed before it used anything is repeated whatever was put aside', async () => {
  const busy = new ModelError('provider_unavailable', 'busy', { retryable: true });
  const { model, calls } = modelOf(busy, turnOf('Hi'));
  await model.turn(request, { signal, reservedMicroUsd: 1 });
  expect(calls()).toBe(2);
});

test('what a call has used that was broken off without saying so is not known, with the tries before it', async () => {
  const broken = new ModelError('interrupted', 'the worker stops');
  const { model } = modelOf(cut(50), broken);
  const failed = model.turn(request, { signal });
  await expect(failed).rejects.toMatchObject({ code: 'interrupted', usage: undefined });
});
