import { AppError } from '#contracts/errors.ts';
import type { AgentPayload } from '#contracts/job-request.ts';
import { requirePrice } from '../money/price.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import { chooseTools } from '../tools/all-tools.ts';
import type { Tool } from '../tools/tool.ts';
import { Agent } from './agent.ts';
import { type LoopEnd, runLoop } from './agent-loop.ts';
import { renderSystem, renderTask } from './agent-prompt.ts';
import { toAgentOutcome } from './agent-result.ts';
import { CapWatch } from './cap-watch.ts';
import { Conversation } from './conversation.ts';
import { makeJobArtifacts } from './job-artifacts.ts';
import { makeJobNotes } from './job-notes.ts';
import { openModel } from './open-model.ts';
import { restoreConversations } from './restore.ts';
import { submitResultTerminal, type Terminal } from './terminal.ts';
import { toAppError } from './to-app-error.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';
import { WorkspaceKeeper } from './workspace-keeper.ts';

export const conversationName = 'main';

/** What an agent is there for. */
export interface Role<Result> {
  system: string;
  task: string;
  tools: readonly Tool[];
  terminal: Terminal<Result>;
  /** The files that it begins with. Default: those of the job. */
  files?: Uint8Array | undefined;
  /** When its time began, in milliseconds since 1970. Default: now, which is when the attempt has begun. */
  begunAtMs?: number | undefined;
  toOutcome(agent: Agent, end: LoopEnd<Result>): Promise<WorkOutcome>;
}

/** An agent's work, from where the last attempt left it to its result. */
export function runAgent(payload: AgentPayload, context: WorkContext): Promise<WorkOutcome> {
  return runRole(payload, context, {
    system: renderSystem(payload),
    task: renderTask(payload),
    tools: chooseTools(payload.tools, payload.commandTools),
    terminal: submitResultTerminal,
    toOutcome: toAgentOutcome,
  });
}

/** The same for whoever has another role: its own words, its own last tool, its own result. */
export async function runRole<Result>(
  payload: AgentPayload,
  context: WorkContext,
  role: Role<Result>,
): Promise<WorkOutcome> {
  requirePrice(payload.model);
  const openingModel = openModel(payload.model, context);
  const { system, tools } = role;
  const opening = openWorkspace(payload, role, context);
  try {
    const [model, restored, workspace] = await Promise.all([
      openingModel,
      restoreConversations(context),
      opening,
    ]);
    const terms = {
      name: conversationName,
      model: payload.model,
      maxTokens: payload.maxTokens,
      system,
      tools: tools.map(({ definition: { name, description, inputSchema } }) => ({
        name,
        description,
        inputSchema,
      })),
      effort: payload.effort,
      responseCache: payload.responseCache,
      cache: 'agent' as const,
    };
    const conversation = new Conversation(context, model, terms, restored.get(conversationName));
    return await work(payload, context, conversation, role, workspace);
  } finally {
    await opening.then(
      (workspace) => workspace?.sandbox.close(),
      () => undefined,
    );
  }
}

async function work<Result>(
  payload: AgentPayload,
  context: WorkContext,
  conversation: Conversation,
  role: Role<Result>,
  workspace: WorkspaceKeeper | undefined,
): Promise<WorkOutcome> {
  const { ports, started } = context;
  const { idleSeconds } = payload;
  const nowMs = ports.time.nowMs();
  const remainingMs = started.remainingMs - (nowMs - (role.begunAtMs ?? nowMs));
  const watch = new CapWatch(ports.time, { remainingMs, idleSeconds });
  const toolDeps = {
    sandbox: workspace?.sandbox,
    egress: ports.egress,
    artifacts: makeJobArtifacts(context),
    notes: makeJobNotes(context),
  };
  const { tools, terminal } = role;
  const agent = new Agent({ payload, context, conversation, tools, terminal, toolDeps, workspace, watch });
  begin(agent, role.task);
  try {
    const end = await runLoop(agent);
    watch.close();
    return await role.toOutcome(agent, end);
  } catch (error) {
    await keepWhatThereIs(agent);
    return { kind: 'failed', error: toAppError(error), settle: conversation.unsettled };
  } finally {
    watch.close();
  }
}

function begin({ conversation, context, payload }: Agent, task: string): void {
  const turns = conversation.transcript.turns();
  if (!conversation.transcript.head()) conversation.begin(task);
  const message = turns === 0 ? `Working with ${payload.model}` : `Going on after turn ${turns}`;
  context.events.say({ type: 'started', message });
}

/** A worker that is told to stop has a moment left to record what its tools have done. */
async function keepWhatThereIs(agent: Agent): Promise<void> {
  const { context } = agent;
  if (context.talk.aborted) return;
  try {
    await agent.checkpoint(context.talk);
  } catch (error) {
    // What counts is the error that brought us here; the last checkpoint still holds.
    const reason = error instanceof Error ? error.message : String(error);
    context.ports.log('warn', 'the last steps could not be recorded', { error: reason });
  }
}

async function openWorkspace(
  payload: AgentPayload,
  { tools, files }: Pick<Role<unknown>, 'tools' | 'files'>,
  context: WorkContext,
): Promise<WorkspaceKeeper | undefined> {
  const isNeeded =
    payload.workspace !== undefined || tools.some(({ definition }) => definition.needs === 'sandbox');
  if (!isNeeded) return undefined;
  const sandbox = await requireSandbox(context);
  const keeper = new WorkspaceKeeper(sandbox, context);
  try {
    await keeper.restore(files);
    return keeper;
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

/** @throws AppError `worker_error` in the function lane */
export function requireSandbox({ ports }: WorkContext): Promise<Sandbox> {
  if (ports.openSandbox) return ports.openSandbox();
  throw new AppError(
    'worker_error',
    'This job needs a sandbox, which there is none of in the function lane',
    {
      retryable: false,
    },
  );
}
