import { AppError } from '#contracts/errors.ts';
import type { AgentResult, WorkspaceChange } from '#contracts/job-view.ts';
import { limits } from '#contracts/limits.ts';
import type { Submission } from '#contracts/tools.ts';
import { cutText } from '../tools/output-text.ts';
import type { Agent } from './agent.ts';
import type { LoopEnd } from './agent-loop.ts';
import { modelWorkOf } from './model-work.ts';
import { storeFile } from './store-file.ts';
import { utf8Length } from './utf8.ts';
import type { WorkOutcome } from './work-outcome.ts';

/** Changed files that a result lists. */
const filesListed = 1_000;
/** Of one piece of evidence where all of it would be too much. */
const evidenceCharacters = 2_000;
export const archiveName = 'artifacts/workspace.tar.zst';

type Ended = Exclude<LoopEnd<Submission>, { kind: 'sliced' }>;

/** What the job's row says in the end, with a document in either case. */
export async function toAgentOutcome(agent: Agent, end: LoopEnd<Submission>): Promise<WorkOutcome> {
  const { conversation } = agent;
  if (end.kind === 'sliced') return { kind: 'interrupted', reason: 'time slice' };
  if (wouldBeLost(agent, end)) await agent.checkpoint(agent.context.signal);
  const document = await toDocument(agent, end);
  const offline = document.offline === true;
  const settle = conversation.unsettled;
  if (end.kind !== 'capped') return { kind: 'done', document, offline, settle };
  const message = `Stopped by its cap on ${end.cap}: ${end.message}`;
  const error = new AppError(end.code ?? 'capped', message, { remedy: end.remedy });
  return { kind: 'failed', error, document, offline, settle };
}

/** A worker that dies while it hands in its files need not ask again, nor leave unknown what its tools have done. */
function wouldBeLost({ conversation }: Agent, end: LoopEnd<Submission>): boolean {
  // That the result was taken follows from its call.
  const evident = end.kind === 'submitted' ? 1 : 0;
  return conversation.unsettled !== undefined || conversation.unrecordedResults.length > evident;
}

async function toDocument(agent: Agent, end: Ended): Promise<AgentResult> {
  const { context, conversation, workspace, payload } = agent;
  // After a cap the loop's own signal has aborted; what there is can still be handed in.
  const { files, archive } = (await workspace?.handOver(context.signal)) ?? { files: [] };
  const stored = archive && (await storeFile(archiveName, archive, context, context.signal));
  return fit({
    ...saidBy(agent, end),
    turns: conversation.transcript.turns(),
    ...(end.kind === 'capped' && { stopped: { cap: end.cap, message: end.message } }),
    ...listed(files),
    ...(stored && { workspace: { name: archiveName, ...stored } }),
    ...modelWorkOf(conversation.transcript, payload.model),
  });
}

function saidBy({ conversation, workspace }: Agent, end: Ended): Submission {
  const lost = workspace?.lost === undefined ? [] : [workspace.lost];
  if (end.kind === 'submitted')
    return { ...end.submission, limitations: [...end.submission.limitations, ...lost] };
  const why = end.kind === 'said' ? 'The agent did not submit a result.' : `Stopped: ${end.message}.`;
  const text = conversation.transcript.lastText() || 'The agent has said nothing.';
  return { summary: cutText(text, 19_000), evidence: [], confidence: 0, limitations: [why, ...lost] };
}

function listed(files: WorkspaceChange[]): Pick<AgentResult, 'files' | 'moreFiles'> {
  if (files.length <= filesListed) return { files };
  return { files: files.slice(0, filesListed), moreFiles: files.length - filesListed };
}

/** Evidence word for word, unless the document would be too long to be read. */
function fit(document: AgentResult): AgentResult {
  if (utf8Length(JSON.stringify(document)) <= limits.resultBytes) return document;
  const evidence = document.evidence.map((item) => ({
    ...item,
    output: cutText(item.output, evidenceCharacters),
  }));
  return { ...document, evidence, files: document.files.slice(0, 100) };
}
