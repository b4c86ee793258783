import { modelPrices } from '#contracts/model-prices.ts';
import type { ResultEntry } from '#contracts/transcript.ts';
import type { Capped } from './cap-watch.ts';
import { tokensOf } from './input-bound.ts';
import type { AnsweredCall, Transcript } from './transcript.ts';

/** Calls in a row that could not be run, after which the model does not understand its tools. */
export const strikesMax = 3;
/** The same call with the same failure so often in a row goes in circles. */
export const repetitionsMax = 3;
/** Pauses in a row after which a provider is not getting on. */
export const pausesMax = 5;

const invalid: readonly ResultEntry['failure'][] = ['unknown_tool', 'invalid_input', 'not_run'];

/** The caps that follow from what is in the transcript, so they hold across attempts. */
export function findCap(transcript: Transcript, maxTurns: number): Capped | undefined {
  const turns = transcript.turns();
  if (turns >= maxTurns)
    return {
      cap: 'turns',
      message: `the agent has had its ${maxTurns} turns`,
      remedy: 'submit it again with a higher maxTurns',
    };
  const answered = transcript.answered();
  return (
    findStrikes(answered) ?? findRepetition(answered) ?? findPauses(transcript) ?? findContext(transcript)
  );
}

function findStrikes(answered: readonly AnsweredCall[]): Capped | undefined {
  const last = answered.slice(-strikesMax);
  if (last.length < strikesMax || !last.every(({ result }) => invalid.includes(result.failure)))
    return undefined;
  return {
    cap: 'strikes',
    message: `${strikesMax} tool calls in a row could not be run; the last was of ${nameOf(last.at(-1))}`,
    remedy: 'use a model that handles tools better, raise maxTokens, or simplify the prompt',
  };
}

function findRepetition(answered: readonly AnsweredCall[]): Capped | undefined {
  const last = answered.slice(-repetitionsMax);
  const [first] = last;
  if (last.length < repetitionsMax || !first) return undefined;
  const signature = signatureOf(first);
  const same = last.every((one) => one.result.block.isError && signatureOf(one) === signature);
  if (!same) return undefined;
  return {
    cap: 'repetition',
    message: `the same call of ${nameOf(first)} failed ${repetitionsMax} times in a row in the same way`,
    remedy: 'look at the transcript, then change the prompt or what the tool needs',
  };
}

/** How long a program took differs every time. */
function signatureOf({ call, result }: AnsweredCall): string {
  const content = result.block.content.replace(/\d+(\.\d+)? ?m?s\b/g, '');
  return JSON.stringify([call.name, call.input, content]);
}

function findPauses(transcript: Transcript): Capped | undefined {
  const last = transcript.usages().slice(-(pausesMax + 1));
  if (last.length <= pausesMax || !last.every(({ stopReason }) => stopReason === 'pause_turn'))
    return undefined;
  return {
    cap: 'repetition',
    message: `the model paused ${pausesMax + 1} times in a row (pause_turn)`,
    remedy: 'try again, or use another model',
  };
}

/** What the next request would bring, by the provider's own count. */
function findContext(transcript: Transcript): Capped | undefined {
  const last = transcript.usages().findLast(({ cached }) => !cached);
  const model = transcript.head()?.model ?? '';
  const contextTokens = Object.hasOwn(modelPrices, model) ? modelPrices[model]?.contextTokens : undefined;
  if (!last || contextTokens === undefined || tokensOf(last) < contextTokens) return undefined;
  return contextFull(model);
}

export function contextFull(model: string): Capped {
  return {
    cap: 'context',
    message: `the conversation no longer fits the context window of ${model}`,
    remedy: 'split the task, or use a model with a larger context window',
  };
}

function nameOf(answered: AnsweredCall | undefined): string {
  return JSON.stringify(answered?.call.name.slice(0, 100) ?? '');
}
