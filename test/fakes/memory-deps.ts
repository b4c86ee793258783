import { defaultTimings, type Timings } from '#contracts/limits.ts';
import type { ProviderKeys } from '#contracts/provider-keys.ts';
import type { DispatchDeps } from '#core/dispatch/dispatch.ts';
import type { CoreDeps, CoreSettings, RunPorts } from '#core/ports/core-deps.ts';
import { systemDigest } from '../../lib/adapters/system.ts';
import { MemoryCompute, MemoryQueue } from './memory-compute.ts';
import { MemoryJobStore } from './memory-job-store.ts';
import { MemoryModelAccess } from './memory-model-access.ts';
import { MemoryMonths } from './memory-months.ts';
import { MemoryNotes } from './memory-notes.ts';
import { MemoryObjects } from './memory-objects.ts';
import { MemoryEventLog, MemoryExecutions, MemoryLedger, MemoryProjects } from './memory-records.ts';
import { MemoryRunStore } from './memory-run-store.ts';
import { MemorySlots } from './memory-slots.ts';
import { CountingRandom, ManualClock, RecordingLog, RecordingMetrics } from './memory-system.ts';
import { MemoryWebhooks } from './memory-webhooks.ts';

export interface MemoryDepsOptions {
  timings?: Partial<Timings>;
  settings?: Partial<CoreSettings>;
  keys?: ProviderKeys;
  /** Default false. */
  spot?: boolean;
}

/** Every port of the core over memory, each as its own class so that tests can look inside. */
export function makeMemoryDeps(options: MemoryDepsOptions = {}) {
  const timings = { ...defaultTimings, ...options.timings };
  const clock = new ManualClock();
  const compute = new MemoryCompute();
  return {
    store: new MemoryJobStore({ timings, nowMs: clock.nowMs }),
    slots: new MemorySlots(),
    runs: new MemoryRunStore({ timings, nowMs: clock.nowMs }),
    months: new MemoryMonths(),
    ledger: new MemoryLedger(),
    executions: new MemoryExecutions(),
    events: new MemoryEventLog(),
    projects: new MemoryProjects(),
    webhooks: new MemoryWebhooks(),
    notes: new MemoryNotes(),
    queue: new MemoryQueue(),
    launcher: compute,
    spot: options.spot ?? false,
    tasks: compute,
    cluster: compute,
    objects: new MemoryObjects(),
    keys: { read: async () => options.keys ?? {} },
    modelAccess: new MemoryModelAccess(),
    clock,
    random: new CountingRandom(),
    digest: systemDigest,
    log: new RecordingLog(),
    metrics: new RecordingMetrics(),
    settings: {
      timings,
      maxConcurrentWorkers: 2,
      maxConcurrentFunctions: 2,
      forceFargate: false,
      selfHosted: true,
      loopbackWebhooks: false,
      jobBudgetMicroUsd: 1_000_000,
      projectMonthMicroUsd: 100_000_000,
      ...options.settings,
    },
  } satisfies DispatchDeps & CoreDeps & Pick<RunPorts, 'runs'>;
}

export type MemoryDeps = ReturnType<typeof makeMemoryDeps>;
