import type { AuditSnapshot } from '#core/audit/audit-snapshot.ts';
import type { SlotState } from '#core/ports/slots.ts';
import type { MemorySlots } from '../fakes/memory-slots.ts';
import { fastDigest } from './fast-digest.ts';
import type { World } from './world.ts';

/** The world as the invariant checker takes it. */
export function snapshotOf(world: World): AuditSnapshot {
  const { store, slots, ledger, months, objects, settings, runs } = world;
  const heads = [...objects.stored].map(
    ([key, { body, sha256 }]) => [key, { bytes: body.length, sha256 }] as const,
  );
  return {
    nowMs: world.nowMs,
    rows: [...store.rows.values()],
    slots: { fargate: slotsOf(slots.lanes.fargate), function: slotsOf(slots.lanes.function) },
    ledger: [...ledger.jobs.values()].flatMap((entries) => [...entries.values()]),
    months: [...months.months.values()].map(({ project, month, committedMicroUsd, grants }) => ({
      project,
      month,
      committedMicroUsd,
      open: new Map([...grants].map(([id, note]) => [id, note.totalMicroUsd])),
    })),
    results: new Map(heads),
    texts: {
      of: new Map([...objects.stored].map(([key, { body }]) => [key, body])),
      sha256: fastDigest.sha256,
    },
    runs: {
      runs: [...runs.runs.rows.values()],
      cycles: [...runs.cycles.rows.values()],
      gates: [...runs.gates.rows.values()],
      reports: new Set([...objects.stored.keys()].filter((key) => key.endsWith('/report.html'))),
    },
    timings: settings.timings,
    maxConcurrentFunctions: settings.maxConcurrentFunctions,
    maxConcurrentWorkers: settings.maxConcurrentWorkers,
    projectMonthMicroUsd: settings.projectMonthMicroUsd,
  };
}

function slotsOf({ held, stopped }: MemorySlots['lanes']['fargate']): SlotState {
  return { held: [...held].map(([key, slot]) => ({ key, ...slot })), stopped };
}
