import { AppError } from '#contracts/errors.ts';
import type { AgentPayload } from '#contracts/job-request.ts';
import { requirePrice } from '../money/price.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import { chooseTools } from '../tools/all-tools.ts';
import type { Tool } from '../tools/tool.ts';
import { Agent } from './agent.ts';
import { runLoop } from './agent-loop.ts';
import { renderSystem, renderTask } from './agent-prompt.ts';
import { toAgentOutcome } from './agent-result.ts';
import { CapWatch } from './cap-watch.ts';
import { Conversation } from './conversation.ts';
import { makeJobArtifacts } from './job-artifacts.ts';
import { makeJobNotes } from './job-notes.ts';
import { openModel } from './open-model.ts';
import { restoreConversations } from './restore.ts';
import { toAppError } from './to-app-error.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';
import { WorkspaceKeeper } from './workspace-keeper.ts';

const conversationName = 'main';

/** An agent's work, from where the last attempt left it to its result. */
export async function runAgent(payload: AgentPayload, context: WorkContext): Promise<WorkOutcome> {
  requirePrice(payload.model);
  const openingModel = openModel(payload.model, context);
  const tools = chooseTools(payload.tools, payload.commandTools);
  const opening = openWorkspace(payload, tools, context);
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
      system: renderSystem(payload),
      tools: tools.map(({ definition: { name, description, inputSchema } }) => ({
        name,
        description,
        inputSchema,
      })),
      effort: payload.effort,
      cache: 'agent' as const,
    };
    const conversation = new Conversation(context, model, terms, restored.get(conversationName));
    return await work(payload, context, conversation, tools, workspace);
  } finally {
    await opening.then(
      (workspace) => workspace?.sandbox.close(),
      () => undefined,
    );
  }
}

async function work(
  payload: AgentPayload,
  context: WorkContext,
  conversation: Conversation,
  tools: readonly Tool[],
  workspace: WorkspaceKeeper | undefined,
): Promise<WorkOutcome> {
  const { ports, started } = context;
  const { idleSeconds } = payload;
  const watch = new CapWatch(ports.time, { remainingMs: started.remainingMs, idleSeconds });
  const toolDeps = {
    sandbox: workspace?.sandbox,
    egress: ports.egress,
    artifacts: makeJobArtifacts(context),
    notes: makeJobNotes(context),
  };
  const agent = new Agent({ payload, context, conversation, tools, toolDeps, workspace, watch });
  begin(agent);
  try {
    const end = await runLoop(agent);
    watch.close();
    return await toAgentOutcome(agent, end);
  } catch (error) {
    await keepWhatThereIs(agent);
    return { kind: 'failed', error: toAppError(error), settle: conversation.unsettled };
  } finally {
    watch.close();
  }
}

function begin({ conversation, context, payload }: Agent): void {
  const turns = conversation.transcript.turns();
  if (!conversation.transcript.head()) conversation.begin(renderTask(payload));
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
  tools: readonly Tool[],
  context: WorkContext,
): Promise<WorkspaceKeeper | undefined> {
  const isNeeded =
    payload.workspace !== undefined || tools.some(({ definition }) => definition.needs === 'sandbox');
  if (!isNeeded) return undefined;
  const sandbox = await requireSandbox(context);
  const keeper = new WorkspaceKeeper(sandbox, context);
  try {
    await keeper.restore();
    return keeper;
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

function requireSandbox({ ports }: WorkContext): Promise<Sandbox> {
  if (ports.openSandbox) return ports.openSandbox();
  throw new AppError(
    'worker_error',
    'This job needs a sandbox, which there is none of in the function lane',
    {
      retryable: false,
    },
  );
}
