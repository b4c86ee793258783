import { AppError } from '#contracts/errors.ts';
import { type Submission, submission as submissionSchema } from '#contracts/tools.ts';
import type { UsageEntry } from '#contracts/transcript.ts';
import type { StopReason } from '../ports/model.ts';
import type { Agent } from './agent.ts';
import { goOn, nudge } from './agent-prompt.ts';
import type { Capped } from './cap-watch.ts';
import { contextFull, findCap } from './loop-caps.ts';
import { runCalls } from './run-calls.ts';
import { userText } from './segments.ts';
import type { Transcript } from './transcript.ts';

/** How an agent's work came to its end. */
export type LoopEnd =
  | { kind: 'submitted'; submission: Submission }
  /** It said that it was done, twice, without handing in a result. */
  | { kind: 'said'; text: string }
  | ({ kind: 'capped' } & Capped)
  /** Its slice of time is nearly over, and all is recorded: another attempt goes on. */
  | { kind: 'sliced' };

/**
 * Turn after turn until there is a result or a cap is reached. Each step follows from the transcript's tail
 * alone, so an attempt that begins in the middle does what the one before would have done next.
 */
export async function runLoop(agent: Agent): Promise<LoopEnd> {
  try {
    for (;;) {
      const end = await step(agent);
      if (end) return end;
    }
  } catch (error) {
    return toCap(agent, error);
  }
}

async function step(agent: Agent): Promise<LoopEnd | undefined> {
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

function findEnd(agent: Agent): LoopEnd | undefined {
  const { transcript } = agent.conversation;
  const submission = findSubmission(transcript);
  if (submission) return { kind: 'submitted', submission };
  const capped = findCap(transcript, agent.payload.maxTurns);
  return capped && { kind: 'capped', ...capped };
}

/** Also after a restart: the call is in the transcript, and that it was taken is in its result. */
function findSubmission(transcript: Transcript): Submission | undefined {
  const taken = transcript
    .lastAnswered()
    .findLast(({ call, result }) => call.name === 'submit_result' && !result.block.isError);
  return taken && submissionSchema.parse(taken.call.input);
}

async function askNext(agent: Agent): Promise<LoopEnd | undefined> {
  const { conversation, workspace, signal, watch } = agent;
  if (agent.sliceIsOver()) {
    await agent.checkpoint(signal);
    return { kind: 'sliced' };
  }
  const saved = await workspace?.save(signal);
  agent.turnBegins();
  await conversation.ask(signal, { workspace: saved });
  workspace?.recorded(saved);
  agent.turnEnded();
  watch.moved();
  return undefined;
}

/** An answer without calls. */
async function afterWords(agent: Agent, usage: UsageEntry | undefined): Promise<LoopEnd | undefined> {
  const { conversation } = agent;
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
      if (wasNudged(conversation.transcript))
        return { kind: 'said', text: conversation.transcript.lastText() };
      conversation.add(userText(nudge));
      return undefined;
    default:
      return stopReason satisfies never;
  }
}

function wasNudged({ entries }: Transcript): boolean {
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
function toCap({ context, watch }: Agent, error: unknown): LoopEnd {
  if (context.signal.aborted) throw error;
  if (watch.capped) return { kind: 'capped', ...watch.capped };
  if (!(error instanceof AppError) || error.code !== 'budget_exceeded') throw error;
  const remedy = error.remedy ?? 'submit it again with a higher budgetUsd';
  return { kind: 'capped', cap: 'budget', message: error.message, remedy };
}
