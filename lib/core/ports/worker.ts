import type { UploadTarget } from '#contracts/job-view.ts';
import type { ProviderCredential } from '#contracts/provider-keys.ts';
import type { ControlPlane } from './control.ts';
import type { Egress } from './egress.ts';
import type { Model } from './model.ts';
import type { Sandbox } from './sandbox.ts';

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

/** Places in the work after which a crash would look different. */
export const workPoints = [
  'turn.reserved',
  'turn.answered',
  'turn.recorded',
  'tool.started',
  'tool.ended',
  'workspace.stored',
  'results.recorded',
  'result.stored',
] as const;
export type WorkPoint = (typeof workPoints)[number];

/** Another credential for the same model, for one that ends before the work does. */
export type RenewCredential = (signal: AbortSignal) => Promise<ProviderCredential>;

export interface WorkerPorts {
  control: ControlPlane;
  objects: WorkerObjects;
  time: WorkerTime;
  /**
   * Loads the provider's SDK, which is why only the kinds that talk to a model call it. The model that is opened
   * takes requests to this one only.
   */
  openModel(provider: ProviderCredential, model: string, renew: RenewCredential): Promise<Model>;
  /** Left out where there is none: in a function. Throws `forbidden` where tools cannot be kept apart. */
  openSandbox?(): Promise<Sandbox>;
  /** The way out for tools. Left out: there is none. */
  egress?: Egress;
  /** Milliseconds until this worker has to be gone, where its time is sliced. */
  sliceRemainingMs?(): number;
  /** Called at every point, for tests that end a worker there. */
  passed?(point: WorkPoint): void | Promise<void>;
  /** Lower-case hexadecimal. */
  sha256Hex(bytes: Uint8Array): string;
  log: WorkerLog;
}
