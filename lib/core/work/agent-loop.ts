import { AppError } from '#contracts/errors.ts';
import type { UsageEntry } from '#contracts/transcript.ts';
import { overBudget } from '../money/over-budget.ts';
import type { StopReason } from '../ports/model.ts';
import type { Agent } from './agent.ts';
import { goOn, nudgeTo } from './agent-prompt.ts';
import type { Capped } from './cap-watch.ts';
import { contextFull, findCap } from './loop-caps.ts';
import { runCalls } from './run-calls.ts';
import { userText } from './segments.ts';
import type { AnsweredCall, Transcript } from './transcript.ts';

/** How an agent's work came to its end. */
export type LoopEnd<Result = unknown> =
  | { kind: 'submitted'; submission: Result }
  /** It said that it was done, twice, without handing in a result. */
  | { kind: 'said'; text: string }
  | ({ kind: 'capped' } & Capped)
  /** Its slice of time is nearly over, and all is recorded: another attempt goes on. */
  | { kind: 'sliced' };

/**
 * Turn after turn until there is a result or a cap is reached. Each step follows from the transcript's tail
 * alone, so an attempt that begins in the middle does what the one before would have done next.
 */
export async function runLoop<Result>(agent: Agent<Result>): Promise<LoopEnd<Result>> {
  try {
    for (;;) {
      const end = await step(agent);
      if (end) return end;
    }
  } catch (error) {
    return toCap(agent, error);
  }
}

async function step<Result>(agent: Agent<Result>): Promise<LoopEnd<Result> | undefined> {
  const { transcript } = agent.conversation;
  const tail = transcript.tail();
  switch (tail.kind) {
    case 'ask':
      return findEnd(agent) ?? askNext(agent);
    case 'calls':
      if (tail.usage?.stopReason === 'refusal') throw refused();
      await runCalls(agent, tail.open, tail.usage);
      return undefined;
    case 'said':
      return afterWords(agent, tail.usage);
    default:
      return tail satisfies never;
  }
}

function findEnd<Result>(agent: Agent<Result>): LoopEnd<Result> | undefined {
  const { transcript } = agent.conversation;
  const taken = findSubmission(agent);
  if (taken) return { kind: 'submitted', submission: agent.terminal.parse(taken.call.input) };
  const capped = findCap(transcript, agent.payload.maxTurns);
  return capped && { kind: 'capped', ...capped };
}

/** Also after a restart: the call is in the transcript, and that it was taken is in its result. */
function findSubmission({ conversation, terminal }: Agent): AnsweredCall | undefined {
  const { name } = terminal.tool.definition;
  return conversation.transcript
    .lastAnswered()
    .findLast(({ call, result }) => call.name === name && !result.block.isError);
}

async function askNext(agent: Agent): Promise<LoopEnd<never> | undefined> {
  const { conversation, workspace, signal, watch } = agent;
  if (agent.slice.isOver()) {
    await agent.checkpoint(signal);
    return { kind: 'sliced' };
  }
  const saved = await workspace?.save(signal);
  await agent.slice.turn(() => conversation.ask(signal, { workspace: saved }));
  workspace?.recorded(saved);
  watch.moved();
  return undefined;
}

/** An answer without calls. */
async function afterWords(agent: Agent, usage: UsageEntry | undefined): Promise<LoopEnd<never> | undefined> {
  const { conversation } = agent;
  const nudge = nudgeTo(agent.terminal.tool.definition.name);
  const stopReason = usage?.stopReason as StopReason | undefined;
  switch (stopReason) {
    case 'refusal':
      throw refused();
    case 'model_context_window_exceeded':
      return { kind: 'capped', ...contextFull(conversation.terms.model) };
    case 'pause_turn': {
      const capped = findCap(conversation.transcript, agent.payload.maxTurns);
      return capped ? { kind: 'capped', ...capped } : askNext(agent);
    }
    case 'max_tokens':
      conversation.add(userText(goOn));
      return undefined;
    case 'end_turn':
    case 'stop_sequence':
    case 'tool_use':
    case undefined:
      if (wasNudged(conversation.transcript, nudge))
        return { kind: 'said', text: conversation.transcript.lastText() };
      conversation.add(userText(nudge));
      return undefined;
    default:
      return stopReason satisfies never;
  }
}

function wasNudged({ entries }: Transcript, nudge: string): boolean {
  return entries.some(
    (entry) =>
      entry.kind === 'message' &&
      entry.message.role === 'user' &&
      entry.message.content.some((block) => block.type === 'text' && block.text === nudge),
  );
}

function refused(): AppError {
  return new AppError('provider_refused', 'The model refused to go on', {
    remedy: 'Ask differently, or choose another model',
  });
}

/** What was aborted by a cap, or refused for want of money, ends the agent and not the job's worker. */
function toCap({ context, watch }: Agent, error: unknown): LoopEnd<never> {
  if (context.signal.aborted) throw error;
  if (watch.capped) return { kind: 'capped', ...watch.capped };
  const refused = overBudget(error);
  if (!refused) throw error;
  const { message, remedy = 'submit it again with a higher budgetUsd' } = refused;
  // A run whose money is used up ends its cycle, so its jobs say so by a code of its own.
  const code = refused.code === 'run_budget_exceeded' ? { code: refused.code } : {};
  return { kind: 'capped', cap: 'budget', message, remedy, ...code };
}
