import type { AgentPayload } from '#contracts/job-request.ts';
import type { Tool, ToolDeps } from '../tools/tool.ts';
import type { CapWatch } from './cap-watch.ts';
import type { Conversation } from './conversation.ts';
import { Slice } from './slice.ts';
import type { Terminal } from './terminal.ts';
import type { WorkContext } from './work-outcome.ts';
import type { WorkspaceKeeper } from './workspace-keeper.ts';

/** All that one agent works with. */
export class Agent<Result = unknown> {
  readonly payload: AgentPayload;
  readonly context: WorkContext;
  readonly conversation: Conversation;
  readonly tools: readonly Tool[];
  readonly terminal: Terminal<Result>;
  readonly toolDeps: ToolDeps;
  readonly workspace: WorkspaceKeeper | undefined;
  readonly watch: CapWatch;
  readonly slice: Slice;
  /** Aborts when the worker stops, and at a cap that does not wait. */
  readonly signal: AbortSignal;
  /** Calls that were open when an earlier attempt ended: they may have been run. */
  readonly interrupted: ReadonlySet<string>;

  constructor(parts: {
    payload: AgentPayload;
    context: WorkContext;
    conversation: Conversation;
    tools: readonly Tool[];
    terminal: Terminal<Result>;
    toolDeps: ToolDeps;
    workspace: WorkspaceKeeper | undefined;
    watch: CapWatch;
  }) {
    this.payload = parts.payload;
    this.context = parts.context;
    this.conversation = parts.conversation;
    this.tools = parts.tools;
    this.terminal = parts.terminal;
    this.toolDeps = parts.toolDeps;
    this.workspace = parts.workspace;
    this.watch = parts.watch;
    this.slice = new Slice(parts.context.ports);
    this.signal = AbortSignal.any([parts.context.signal, parts.watch.signal]);
    const tail = parts.conversation.transcript.tail();
    this.interrupted = new Set(tail.kind === 'calls' ? tail.open.map(({ id }) => id) : []);
  }

  /** Everything that was said and done so far outlives this worker. */
  async checkpoint(signal: AbortSignal): Promise<void> {
    const workspace = await this.workspace?.save(signal);
    await this.conversation.save(signal, { workspace });
    this.workspace?.recorded(workspace);
    await this.context.ports.passed?.('results.recorded');
  }
}
