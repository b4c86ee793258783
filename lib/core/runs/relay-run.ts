import type { RunOutboxEntry, RunRow } from '#contracts/run-row.ts';
import { isStopped } from '#core/operations/is-stopped.ts';
import { makeWebhook, runEnded } from '#core/webhooks/make-webhook.ts';
import { changeRun } from './change-row.ts';
import { haltCycle } from './halt-run.ts';
import type { RunDeps } from './run-deps.ts';

/** How long an execution is left alone before the reconciler looks whether it still lives. */
export const executionCheckMs = 300_000;

/** Does what the run says must follow, then removes what was done. What fails stays, and is due again. */
export async function relayRun(deps: RunDeps, run: RunRow): Promise<RunRow> {
  let row = run;
  for (const [id, entry] of Object.entries(run.outbox)) row = await deliver(deps, row, id, entry);
  return row;
}

async function deliver(deps: RunDeps, run: RunRow, id: string, entry: RunOutboxEntry): Promise<RunRow> {
  try {
    const done = await follow(deps, run, entry);
    if (!done) return run;
    const { row } = await changeRun(deps, run.id, (current, nowMs) => {
      if (JSON.stringify(current.outbox[id]) !== JSON.stringify(entry)) return undefined;
      const { [id]: _, ...outbox } = current.outbox;
      return { ...current, outbox, ...done(nowMs) };
    });
    return row;
  } catch (error) {
    // Best effort is right here: the entry is still in the row, and the row is due.
    deps.metrics.count('DeliveryFailures');
    deps.log.warn('outbox entry of a run not delivered', { run: run.id, entry: id, reason: String(error) });
    return run;
  }
}

type After = (nowMs: number) => Partial<RunRow>;

async function follow(deps: RunDeps, run: RunRow, entry: RunOutboxEntry): Promise<After | undefined> {
  switch (entry.kind) {
    case 'start': {
      if ((entry.notBeforeMs ?? 0) > deps.clock.nowMs()) return undefined;
      if (await isStopped(deps)) return undefined;
      const input = { run: run.id, cycle: entry.cycle };
      const { executionArn } = await deps.workflow.start(run.executionName, input);
      return (nowMs) => ({ executionArn, checkAtMs: nowMs + executionCheckMs });
    }
    case 'halt': {
      const isOver = await haltCycle(deps, run, run.cycle);
      return isOver ? () => ({}) : undefined;
    }
    case 'webhook':
      if (run.callbackUrl !== undefined) await makeWebhook(deps, runEnded(run, run.callbackUrl));
      return () => ({});
    default:
      return entry satisfies never;
  }
}
