import type { ContentBlock, Effort, ModelMessage } from '#contracts/conversation.ts';
import { AppError, type AppErrorOptions, type ErrorCode } from '#contracts/errors.ts';
import type { TokenUsage } from '#contracts/usage.ts';

export type {
  ContentBlock,
  Effort,
  ModelMessage,
  OpaqueBlock,
  TextBlock,
  ToolResultBlock,
  ToolUseBlock,
} from '#contracts/conversation.ts';

/** A JSON schema of an object, in the plain subset that every provider understands. */
export type JsonSchema = Readonly<Record<string, unknown>> & { readonly type: 'object' };

/** A tool as a model is told about it. */
export interface ToolSpec {
  /** Letters, digits, `_` and `-`, at most 64: what all providers take. */
  name: string;
  description: string;
  inputSchema: JsonSchema;
}

export interface ModelRequest {
  /** Muster's id of the model, a key of the price table. */
  model: string;
  system?: string | undefined;
  messages: readonly ModelMessage[];
  /** The model may call several of them in one turn. Their order is part of what is cached: keep it. */
  tools?: readonly ToolSpec[] | undefined;
  /** The most output tokens that may be written, thinking included. */
  maxTokens: number;
  /** Left out, or unknown to the model: the provider's default. To change it voids the cache. */
  effort?: Effort | undefined;
  /**
   * `agent`: system and tools stay the same and messages only grow, so both are cached, where the provider
   * must be asked for it. Default `none`.
   */
  cache?: 'none' | 'agent' | undefined;
}

/** Why a turn ended. Source: Messages API, version 2026-10-21. */
export const stopReasons = [
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
] as const;
export type StopReason = (typeof stopReasons)[number];

export interface ModelTurn {
  /** Goes into the transcript as it is. A `tool_use` with `invalid` must not be run, whatever the stop reason. */
  content: ContentBlock[];
  /** The text blocks, joined. */
  text: string;
  stopReason: StopReason;
  /** What a refusal gave as its reason, where it gave one. */
  stopDetail?: string | undefined;
  /** Of everything that was paid for, tries that failed included. */
  usage: TokenUsage;
  /** The model that answered, as the provider names it. */
  model: string;
  /** The words were written beforehand; no model read the request. */
  offline: boolean;
  /** The provider's id of the call, for asking its support. */
  requestId?: string | undefined;
}

/** Money for one try; a further one that would not fit beside what was used needs new money first. */
export interface ReservedMoney {
  microUsd: number;
  /**
   * Settles what was used, puts money aside anew and answers how much. What was settled is no part of the turn's
   * usage any more. Throws `budget_exceeded`.
   */
  renew(used: TokenUsage): Promise<number>;
}

export interface TurnOptions {
  signal: AbortSignal;
  /** What was put aside for this turn. Left out: tries that broke off are repeated whatever they have used. */
  reserved?: ReservedMoney | undefined;
  /** Called with every piece of text as it arrives. Must not wait and must not throw. */
  onText?(delta: string): void;
  /** A try broke off and its text is void; the next one begins from nothing. */
  onRestart?(cause: AppError): void;
}

/** One answer of a model, streamed. Throws `ModelError`; when `signal` aborts, one with the code `interrupted`. */
export interface Model {
  turn(request: ModelRequest, options: TurnOptions): Promise<ModelTurn>;
}

export interface ModelErrorOptions extends AppErrorOptions {
  /** What the failed call has used, as far as it is known. */
  usage?: TokenUsage;
  /** How long the provider asks to be left alone. */
  retryAfterMs?: number;
}

/** A failed model call. `retryable` says that the same request may succeed later. */
export class ModelError extends AppError {
  readonly usage: TokenUsage | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ModelErrorOptions = {}) {
    super(code, message, options);
    this.name = 'ModelError';
    this.usage = options.usage;
    this.retryAfterMs = options.retryAfterMs;
  }
}
