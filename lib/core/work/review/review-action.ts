import type { VerdictSubmission } from '#contracts/review.ts';
import { noUsage } from '#contracts/usage.ts';
import { requireCredential } from '../../money/require-credential.ts';
import { chooseTools } from '../../tools/all-tools.ts';
import { archiveName } from '../agent-result.ts';
import { modelWorkOf } from '../model-work.ts';
import { restoreConversations } from '../restore.ts';
import { conversationName, runRole } from '../run-agent.ts';
import { storeFile } from '../store-file.ts';
import type { WorkContext, WorkOutcome } from '../work-outcome.ts';
import { fitReview, toConflict, toVerdict } from './action-document.ts';
import { mergeWorkspaces } from './merge-workspaces.ts';
import { toReviewOutcome } from './review-outcome.ts';
import { actionRules, type Findings, readFindings, renderReviewTask, renderRules } from './review-prompt.ts';
import { type ActionPayload, requireSoundChecks, runChecks } from './run-checks.ts';
import { makeSubmitVerdict } from './submit-verdict.ts';

/** Merges what the executor left, runs the checks, and asks somebody who did not do it. */
export async function reviewAction(payload: ActionPayload, context: WorkContext): Promise<WorkOutcome> {
  requireSoundChecks(payload);
  const begunAtMs = context.ports.time.nowMs();
  const { archive, restored, conflicts } = await mergeWorkspaces(payload.protectedPaths, context);
  if (conflicts.length > 0) {
    const document = {
      ...toConflict(payload.criteria, restored, conflicts),
      ...noWorkOf(payload.agent.model),
    };
    return { kind: 'done', document };
  }
  const found = await findOut(payload, archive, restored, context);
  const { judgedBefore } = payload;
  if (judgedBefore && found.checks.length > 0 && found.checks.every(({ ok }) => ok))
    return judgeAgain(payload, archive, found, judgedBefore, context);
  return ask(payload, archive, found, begunAtMs, context);
}

async function findOut(
  payload: ActionPayload,
  archive: Uint8Array | undefined,
  restored: string[],
  context: WorkContext,
): Promise<Findings> {
  const conversations = await restoreConversations(context);
  const earlier = readFindings(conversations.get(conversationName));
  if (earlier) return earlier;
  // Before minutes are spent on checks that nobody could then judge.
  const { model } = payload.agent;
  requireCredential(context.started.providers?.[model] ?? context.provider, model);
  const checks = await runChecks(payload, archive, context);
  return { criteria: payload.criteria, restored, checks };
}

/** The checks say of the merged files what they said before, and so does the reviewer, who looked at this work. */
async function judgeAgain(
  { agent, criteria }: ActionPayload,
  archive: Uint8Array | undefined,
  { restored, checks }: Findings,
  submission: VerdictSubmission,
  context: WorkContext,
): Promise<WorkOutcome> {
  const stored = archive && (await storeFile(archiveName, archive, context, context.signal));
  const document = fitReview({
    ...toVerdict({ criteria, checks, restored, submission }),
    ...(stored && { workspace: stored }),
    ...noWorkOf(agent.model),
  });
  return { kind: 'done', document };
}

function noWorkOf(model: string) {
  return { model, usage: noUsage, costUsd: 0 };
}

function ask(
  payload: ActionPayload,
  archive: Uint8Array | undefined,
  { restored, checks }: Findings,
  begunAtMs: number,
  context: WorkContext,
): Promise<WorkOutcome> {
  const { agent, criteria } = payload;
  const terminal = makeSubmitVerdict(criteria);
  return runRole(agent, context, {
    system: renderRules(actionRules, agent.system),
    task: renderReviewTask(agent.prompt, { criteria, restored, checks }),
    // The command tools are what the checks are run with.
    tools: chooseTools(agent.tools, [], terminal.tool),
    terminal,
    files: archive,
    begunAtMs,
    toOutcome: (reviewer, end) =>
      toReviewOutcome(reviewer, end, async (submission) => {
        const stored = archive && (await storeFile(archiveName, archive, context, context.signal));
        return fitReview({
          ...toVerdict({ criteria, checks, restored, submission }),
          ...(stored && { workspace: stored }),
          ...modelWorkOf(reviewer.conversation.transcript, agent.model),
        });
      }),
  });
}
