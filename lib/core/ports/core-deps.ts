import type { Timings } from '#contracts/limits.ts';
import type { Cluster, Launcher, Tasks } from './compute.ts';
import type { EventLog, Executions, JobStore, Ledger } from './job-store.ts';
import type { KeyRing } from './keys.ts';
import type { ModelAccess } from './model-access.ts';
import type { Months } from './months.ts';
import type { NoteStore } from './notes.ts';
import type { Objects } from './objects.ts';
import type { Projects } from './projects.ts';
import type { Queue } from './queue.ts';
import type { RunStore } from './run-store.ts';
import type { Slots } from './slots.ts';
import type { Clock, Digest, Log, Metrics, Random } from './system.ts';
import type { WebhookStore } from './webhooks.ts';
import type { Announcer, Workflow } from './workflow.ts';

export interface CoreSettings {
  timings: Timings;
  maxConcurrentWorkers: number;
  maxConcurrentFunctions: number;
  /** No job goes to the function lane. */
  forceFargate: boolean;
  /** Workers run where servers of your own can be reached: on this machine, not in AWS. */
  selfHosted: boolean;
  /** Callback addresses may be on this machine: in the local cloud, where somebody asked for it. */
  loopbackWebhooks: boolean;
  jobBudgetMicroUsd: number;
  projectMonthMicroUsd: number;
}

/** Everything a use case may ask the world for. Each names the part that it takes with `Pick`. */
export interface CoreDeps {
  store: JobStore;
  slots: Slots;
  months: Months;
  ledger: Ledger;
  executions: Executions;
  events: EventLog;
  projects: Projects;
  webhooks: WebhookStore;
  notes: NoteStore;
  queue: Queue;
  launcher: Launcher;
  tasks: Tasks;
  cluster: Cluster;
  objects: Objects;
  keys: KeyRing;
  modelAccess: ModelAccess;
  clock: Clock;
  random: Random;
  digest: Digest;
  log: Log;
  metrics: Metrics;
  settings: CoreSettings;
}

/** What runs need besides. */
export interface RunPorts {
  runs: RunStore;
  workflow: Workflow;
  /** Missing where the role may not; the reconciler then does it. */
  announcer?: Announcer;
}

export type Deps<K extends keyof CoreDeps> = Pick<CoreDeps, K>;
