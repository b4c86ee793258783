import { expect, test } from '@jest/globals';
import { AppError } from '#contracts/errors.ts';
import { noUsage, type TokenUsage } from '#contracts/usage.ts';
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

/** Money that can be renewed, and what was settled for it. */
function purse(microUsd: number) {
  const settled: TokenUsage[] = [];
  const renew = async (used: TokenUsage) => {
    settled.push(used);
    return oneMore;
  };
  return { settled, reserved: { microUsd, renew } };
}

test('a try that broke off is repeated as long as both fit into what was put aside', async () => {
  const { settled, reserved } = purse(700 + oneMore);
  const { model } = modelOf(cut(50), turnOf('Hi', { usage: usage(20) }));
  const answer = await model.turn(request, { signal, reserved });
  expect(answer.usage).toMatchObject({ inputTokens: 200, outputTokens: 70 });
  expect(settled).toEqual([]);
});

test('what a try has used is settled before one that would not fit beside it', async () => {
  const { settled, reserved } = purse(699 + oneMore);
  const { model } = modelOf(cut(50), turnOf('Hi', { usage: usage(20) }));
  const answer = await model.turn(request, { signal, reserved });
  expect(settled).toEqual([usage(50)]);
  expect(answer.usage).toEqual(usage(20));
});

test('a turn whose further tries cannot be paid ends with the refusal', async () => {
  const renew = async () => {
    throw new AppError('budget_exceeded', 'no more');
  };
  const { model, calls } = modelOf(cut(50), turnOf('Hi'));
  const failed = model.turn(request, { signal, reserved: { microUsd: 1, renew } });
  await expect(failed).rejects.toMatchObject({ code: 'budget_exceeded' });
  expect(calls()).toBe(1);
});

test('a call that failed before it used anything is repeated with the same money', async () => {
  const { settled, reserved } = purse(1);
  const busy = new ModelError('provider_unavailable', 'busy', { retryable: true });
  const { model } = modelOf(busy, turnOf('Hi'));
  await model.turn(request, { signal, reserved });
  expect(settled).toEqual([]);
});

test('what a call has used that was broken off without saying so is not known, with the tries before it', async () => {
  const broken = new ModelError('interrupted', 'the worker stops');
  const { model } = modelOf(cut(50), broken);
  const failed = model.turn(request, { signal });
  await expect(failed).rejects.toMatchObject({ code: 'interrupted', usage: undefined });
});
