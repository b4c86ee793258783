import type { GateRow } from '#contracts/gate.ts';
import { approvalWaiting, makeWebhook } from '#core/webhooks/make-webhook.ts';
import { announcement } from './announcement.ts';
import { changeGate } from './change-row.ts';
import type { RunDeps } from './run-deps.ts';
import { noLongerWaits } from './waits-for.ts';

/** Does what the gate says must follow, then removes what was done. What fails stays, and is due again. */
export async function relayGate(deps: RunDeps, gate: GateRow): Promise<GateRow> {
  const done: string[] = [];
  for (const id of Object.keys(gate.outbox)) if (await delivered(deps, gate, id)) done.push(id);
  if (done.length === 0) return gate;
  const { row } = await changeGate(deps, gate.id, (current) => {
    const same = done.filter((id) => JSON.stringify(current.outbox[id]) === JSON.stringify(gate.outbox[id]));
    const left = Object.entries(current.outbox).filter(([id]) => !same.includes(id));
    return left.length === Object.keys(current.outbox).length
      ? undefined
      : { ...current, outbox: Object.fromEntries(left) };
  });
  return row;
}

async function delivered(deps: RunDeps, gate: GateRow, id: string): Promise<boolean> {
  const entry = gate.outbox[id];
  try {
    if (entry?.kind === 'token') {
      // Here and not where it was decided: whoever decided may not have come that far.
      await noLongerWaits(deps, gate);
      await deps.workflow.succeed(entry.token, { approval: gate.id, status: gate.status });
    }
    if (entry?.kind === 'announce') {
      if (!deps.announcer) return false;
      const { subject, text } = announcement(gate);
      await deps.announcer.announce(subject, text);
    }
    if (entry?.kind === 'webhook') await makeWebhook(deps, approvalWaiting(gate, entry.url));
    return true;
  } catch (error) {
    // Best effort is right here: the entry is still in the row, and the row is due.
    deps.metrics.count('DeliveryFailures');
    deps.log.warn('outbox entry of a gate not delivered', {
      gate: gate.id,
      entry: id,
      reason: String(error),
    });
    return false;
  }
}
