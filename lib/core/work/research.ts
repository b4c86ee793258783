import { AppError } from '#contracts/errors.ts';
import type { ResearchPayload } from '#contracts/job-request.ts';
import type { ResearchResult } from '#contracts/job-view.ts';
import { addUsage, noUsage, toUsd } from '#contracts/usage.ts';
import { requirePrice } from '../money/price.ts';
import type { Model } from '../ports/model.ts';
import { allOrFirstFault } from './all-or-first-fault.ts';
import { Conversation } from './conversation.ts';
import { cachedIn } from './model-work.ts';
import { openModel } from './open-model.ts';
import { parseQuestions } from './parse-questions.ts';
import {
  renderAnswer,
  renderPlan,
  renderRepair,
  renderSynthesis,
  researchSystem,
} from './research-prompt.ts';
import { restoreConversations } from './restore.ts';
import { userText } from './segments.ts';
import { settleLeft } from './settle-left.ts';
import { textOf } from './transcript.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';

/** Turns for a list of questions that can be read: the first, and two repairs. */
const planTurnsMax = 3;

interface Desk {
  payload: ResearchPayload;
  context: WorkContext;
  open(name: string): Conversation;
  all: Conversation[];
}

/**
 * Questions about a topic, an answer to each side by side, and what they come to. Every part is a conversation of
 * its own, so an attempt that begins again asks only what has no answer yet.
 */
export async function runResearch(payload: ResearchPayload, context: WorkContext): Promise<WorkOutcome> {
  requirePrice(payload.model);
  const [model, restored] = await Promise.all([
    openModel(payload.model, context),
    restoreConversations(context),
  ]);
  const desk = makeDesk(payload, context, model, restored);
  try {
    return { kind: 'done', ...(await research(desk)) };
  } catch (error) {
    await settleLeft(desk.all, context);
    throw error;
  }
}

function makeDesk(
  payload: ResearchPayload,
  context: WorkContext,
  model: Model,
  restored: Awaited<ReturnType<typeof restoreConversations>>,
): Desk {
  const { model: id, maxTokens, responseCache } = payload;
  const all: Conversation[] = [];
  const open = (name: string) => {
    const terms = {
      name,
      model: id,
      maxTokens,
      system: researchSystem(payload),
      responseCache,
      quiet: name !== 'synthesis',
    };
    const conversation = new Conversation(context, model, terms, restored.get(name));
    all.push(conversation);
    return conversation;
  };
  return { payload, context, open, all };
}

async function research(desk: Desk) {
  const { payload, context } = desk;
  context.events.say({ type: 'started', message: `Researching with ${payload.model}` });
  const questions = await plan(desk);
  const answers = await allOrFirstFault(
    questions.map(async (question, index) => {
      const answer = await say(desk, desk.open(`q${index + 1}`), renderAnswer(payload, question));
      context.events.say({ type: 'note', message: `Answered: ${question}`.slice(0, 4_000) });
      return { question, answer };
    }),
  );
  const summary = await say(desk, desk.open('synthesis'), renderSynthesis(payload, answers));
  return toDone(desk, summary, answers);
}

async function plan(desk: Desk): Promise<string[]> {
  const conversation = desk.open('plan');
  const { questions: wanted } = desk.payload;
  let text = await say(desk, conversation, renderPlan(desk.payload));
  for (;;) {
    const found = parseQuestions(text, wanted);
    if ('questions' in found) return found.questions;
    if (conversation.transcript.turns() >= planTurnsMax)
      throw new AppError('worker_error', `The model gave no list of questions: ${found.fault}`, {
        retryable: false,
        remedy: 'Use another model',
      });
    // Also after a restart: an answer that was repaired is not the last one.
    conversation.add(userText(renderRepair(found.fault, wanted)));
    text = await ask(desk, conversation);
  }
}

/** The last answer of a conversation, which is begun with the prompt where nobody has. */
async function say(desk: Desk, conversation: Conversation, prompt: string): Promise<string> {
  const { transcript } = conversation;
  if (!transcript.head()) conversation.begin(prompt);
  return transcript.tail().kind === 'said' ? lastAnswer(conversation) : ask(desk, conversation);
}

async function ask({ context }: Desk, conversation: Conversation): Promise<string> {
  const { stopReason, stopDetail } = await conversation.ask(context.signal);
  await conversation.save(context.signal);
  if (stopReason === 'refusal')
    throw new AppError(
      'provider_refused',
      `The model refused to answer${stopDetail ? `: ${stopDetail}` : ''}`,
      {
        remedy: 'Ask differently, or choose another model',
      },
    );
  return lastAnswer(conversation);
}

function lastAnswer({ transcript }: Conversation): string {
  const last = transcript.tail();
  return last.kind === 'said' ? textOf(last.message) : transcript.lastText();
}

function toDone({ payload, all }: Desk, summary: string, questions: ResearchResult['questions']) {
  const usages = all.flatMap(({ transcript }) => transcript.usages());
  const offline = usages.some((entry) => entry.offline);
  const document: ResearchResult = {
    topic: payload.topic,
    summary,
    questions,
    model: usages.at(-1)?.model ?? payload.model,
    usage: usages.reduce((sum, { usage }) => addUsage(sum, usage), noUsage),
    costUsd: toUsd(usages.reduce((sum, entry) => sum + entry.costMicroUsd, 0)),
    ...cachedIn(usages),
    ...(offline && { offline: true as const }),
  };
  return { document, offline };
}
