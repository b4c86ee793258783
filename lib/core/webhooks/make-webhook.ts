import type { GateRow } from '#contracts/gate.ts';
import type { JobRow } from '#contracts/job-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { toUsd } from '#contracts/usage.ts';
import type { WebhookEvent, WebhookRow } from '#contracts/webhook.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { Courier } from '#core/ports/courier.ts';
import { handOver } from '#core/reconcile/hand-over.ts';

export type MakeWebhookDeps = Deps<'webhooks' | 'digest' | 'clock' | 'log' | 'metrics'> & {
  /** Missing where the role may not; the reconciler then does it. */
  courier?: Courier;
};

/** Something that a receiver wants to be told. */
export interface Occasion {
  event: WebhookEvent;
  subject: string;
  project: string;
  url: string;
  atMs: number;
  data: Record<string, unknown>;
}

/** Of words that a model or a person chose: a body is to stay below the 20 KB that Standard Webhooks advises. */
const textCharacters = 2_000;

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function errorOf({ error }: Pick<JobRow, 'error'>) {
  return error && { code: error.code, message: error.message.slice(0, textCharacters) };
}

/** Not the result: whoever may read that asks for it. */
export function jobEnded(row: JobRow, url: string): Occasion {
  const { id, type, status, project, endedAtMs, updatedAtMs } = row;
  const costUsd = toUsd(row.spentMicroUsd);
  const data = { id, type, status, project, endedAt: iso(endedAtMs), costUsd, error: errorOf(row) };
  return { event: 'job.ended', subject: id, project, url, atMs: endedAtMs ?? updatedAtMs, data };
}

export function runEnded(run: RunRow, url: string): Occasion {
  const { id, team, status, outcome, project, cycle, endedAtMs, updatedAtMs } = run;
  const costUsd = toUsd(run.costMicroUsd);
  const data = {
    ...{ id, team, status, outcome, project, cycles: cycle, endedAt: iso(endedAtMs), costUsd },
    error: errorOf(run),
  };
  return { event: 'run.ended', subject: id, project, url, atMs: endedAtMs ?? updatedAtMs, data };
}

export function approvalWaiting(gate: GateRow, url: string): Occasion {
  const { id, run, cycle, kind, action, team, project, digest, createdAtMs, expiresAtMs } = gate;
  const title = gate.title.slice(0, textCharacters);
  const data = { id, run, cycle, kind, action, team, project, title, digest, expiresAt: iso(expiresAtMs) };
  return { event: 'approval.waiting', subject: id, project, url, atMs: createdAtMs, data };
}

/**
 * Writes down what is to be told, once however often it is said, and has it sent. Throws only where it could not be
 * written: what is written is due, and will be sent.
 */
export async function makeWebhook(deps: MakeWebhookDeps, occasion: Occasion): Promise<void> {
  const row = newWebhook(deps, occasion);
  if (await deps.webhooks.webhooks.create(row)) await handOver(deps, deps.courier, 'webhooks', [row.id]);
}

function newWebhook(deps: MakeWebhookDeps, occasion: Occasion): WebhookRow {
  const { event, subject, project, url, atMs, data } = occasion;
  const nowMs = deps.clock.nowMs();
  return {
    schemaVersion: 1,
    version: 1,
    id: `wh-${deps.digest.sha256(`${event}\n${subject}`).slice(0, 32)}`,
    project,
    event,
    subject,
    url,
    status: 'pending',
    body: JSON.stringify({ type: event, timestamp: iso(atMs), data }),
    tries: 0,
    replays: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    tryAtMs: nowMs,
  };
}
