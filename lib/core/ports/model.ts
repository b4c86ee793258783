import { AppError, type AppErrorOptions, type ErrorCode } from '#contracts/errors.ts';
import type { TokenUsage } from '#contracts/usage.ts';

export interface TextBlock {
  type: 'text';
  text: string;
}

/** A block that Muster does not read (thinking, say). It goes back to the provider exactly as it came. */
export interface OpaqueBlock {
  type: 'opaque';
  raw: unknown;
}

export type ContentBlock = TextBlock | OpaqueBlock;

export interface ModelMessage {
  role: 'user' | 'assistant';
  content: readonly ContentBlock[];
}

export interface ModelRequest {
  model: string;
  system?: string | undefined;
  messages: readonly ModelMessage[];
  /** The most output tokens that may be written, thinking included. */
  maxTokens: number;
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

export interface TurnOptions {
  signal: AbortSignal;
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
