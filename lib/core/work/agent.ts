import type { AgentPayload } from '#contracts/job-request.ts';
import type { Tool, ToolDeps } from '../tools/tool.ts';
import type { CapWatch } from './cap-watch.ts';
import type { Conversation } from './conversation.ts';
import type { WorkContext } from './work-outcome.ts';
import type { WorkspaceKeeper } from './workspace-keeper.ts';

/** Milliseconds that a slice keeps beyond what its longest turns have taken. */
const sliceSpareMs = 1_000;

/** All that one agent works with. */
export class Agent {
  readonly payload: AgentPayload;
  readonly context: WorkContext;
  readonly conversation: Conversation;
  readonly tools: readonly Tool[];
  readonly toolDeps: ToolDeps;
  readonly workspace: WorkspaceKeeper | undefined;
  readonly watch: CapWatch;
  /** Aborts when the worker stops, and at a cap that does not wait. */
  readonly signal: AbortSignal;
  /** Calls that were open when an earlier attempt ended: they may have been run. */
  readonly interrupted: ReadonlySet<string>;
  #begunAtMs = 0;
  /** Of this attempt's turns; undefined before the first. */
  #longestMs: number | undefined;

  constructor(parts: {
    payload: AgentPayload;
    context: WorkContext;
    conversation: Conversation;
    tools: readonly Tool[];
    toolDeps: ToolDeps;
    workspace: WorkspaceKeeper | undefined;
    watch: CapWatch;
  }) {
    this.payload = parts.payload;
    this.context = parts.context;
    this.conversation = parts.conversation;
    this.tools = parts.tools;
    this.toolDeps = parts.toolDeps;
    this.workspace = parts.workspace;
    this.watch = parts.watch;
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

  turnBegins(): void {
    this.#begunAtMs = this.context.ports.time.nowMs();
  }

  turnEnded(): void {
    const tookMs = this.context.ports.time.nowMs() - this.#begunAtMs;
    this.#longestMs = Math.max(this.#longestMs ?? 0, tookMs);
  }

  /**
   * Whether a further turn might not end within this worker's time: better to stop here than in the middle. Never
   * before the first, or a short slice would get nowhere.
   */
  sliceIsOver(): boolean {
    const remainingMs = this.context.ports.sliceRemainingMs?.();
    if (remainingMs === undefined || this.#longestMs === undefined) return false;
    return remainingMs < 2 * this.#longestMs + sliceSpareMs;
  }
}
