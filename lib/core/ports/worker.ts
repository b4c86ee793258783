import type { UploadTarget } from '#contracts/job-view.ts';
import type { StartReply } from '#contracts/worker-protocol.ts';
import type { ControlPlane } from './control.ts';
import type { Model } from './model.ts';

/** Time and chance, as a worker meets them. */
export interface WorkerTime {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 up to, not including, 1. */
  random(): number;
}

/** Objects behind presigned addresses. Errors are `AppError`s; retryable ones may be tried again. */
export interface WorkerObjects {
  get(url: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Succeeds too where the object is already there: `finish` compares digests. */
  put(target: UploadTarget, body: Uint8Array, signal: AbortSignal): Promise<void>;
}

export type LogFields = Record<string, string | number | boolean | undefined>;
export type WorkerLog = (level: 'info' | 'warn' | 'error', message: string, fields?: LogFields) => void;

export interface WorkerPorts {
  control: ControlPlane;
  objects: WorkerObjects;
  time: WorkerTime;
  /** Loads the provider's SDK, which is why only the kinds that talk to a model call it. */
  openModel(provider: NonNullable<StartReply['provider']>): Promise<Model>;
  /** Lower-case hexadecimal. */
  sha256Hex(bytes: Uint8Array): string;
  log: WorkerLog;
}
