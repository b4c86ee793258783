import * as z from 'zod';
import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { type WebhookRow, type WebhookView, webhookId, webhookStatuses } from '#contracts/webhook.ts';
import { mayTouch } from '#core/access.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { listNewest } from '#core/list-newest.ts';
import { pagedQuery } from '#core/paged-query.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { ListQuery } from '#core/ports/job-store.ts';
import { changeWebhook } from './change-webhook.ts';
import { enableUrl } from './disabled-urls.ts';

export type ReadWebhookDeps = Deps<'webhooks' | 'projects' | 'digest' | 'clock'>;

const webhooksQuery = z.strictObject({
  ...pagedQuery,
  status: z.enum(webhookStatuses).optional(),
});

export function listWebhooks(
  deps: ReadWebhookDeps,
  caller: Caller,
  query: unknown,
): Promise<{ rows: WebhookRow[]; cursor?: string }> {
  const { status, ...range } = parseWith(webhooksQuery, query, 'the query');
  const states = status === undefined ? webhookStatuses : [status];
  const keys = async (asked: ListQuery) =>
    (await Promise.all(states.map((state) => deps.webhooks.listed({ ...asked, status: state })))).flat();
  return listNewest(deps, caller, {
    purpose: `webhooks ${status ?? ''}`,
    ...range,
    keys,
    read: (ids) => Promise.all(ids.map((id) => deps.webhooks.webhooks.get(id))),
    matches: (row) => status === undefined || row.status === status,
  });
}

/** @throws AppError `not_found` also where the caller may not touch its project */
export async function readWebhook(deps: Deps<'webhooks'>, caller: Caller, id: string): Promise<WebhookRow> {
  const row = webhookId.safeParse(id).success ? await deps.webhooks.webhooks.get(id) : undefined;
  if (row && mayTouch(caller, row.project)) return row;
  throw new AppError('not_found', `there is no webhook "${id.slice(0, 100)}"`, {
    remedy: 'list them with: muster webhook list',
  });
}

/**
 * Due again at once, with all its tries, under its own id: a receiver that has had it knows it. An address that had
 * said that it is gone is tried again, too. One that is pending already stays as it is.
 *
 * @throws AppError `not_found`
 */
export async function replayWebhook(deps: ReadWebhookDeps, caller: Caller, id: string): Promise<WebhookRow> {
  const found = await readWebhook(deps, caller, id);
  await enableUrl(deps, found);
  const { row } = await changeWebhook(deps, id, (webhook, nowMs) => {
    if (webhook.status === 'pending') return undefined;
    const { endedAtMs: _, reason: __, lastStatus: ___, ...kept } = webhook;
    return { ...kept, status: 'pending', tries: 0, replays: webhook.replays + 1, tryAtMs: nowMs };
  });
  return row;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function toWebhookView(row: WebhookRow): WebhookView {
  const { id, project, event, subject, url, status, tries, replays, tryAtMs, endedAtMs } = row;
  return {
    ...{ id, project, event, subject, url, status, tries, replays },
    createdAt: iso(row.createdAtMs),
    ...(tryAtMs === undefined ? {} : { nextTryAt: iso(tryAtMs) }),
    ...(endedAtMs === undefined ? {} : { endedAt: iso(endedAtMs) }),
    ...(row.lastStatus === undefined ? {} : { lastStatus: row.lastStatus }),
    ...(row.reason === undefined ? {} : { reason: row.reason }),
  };
}
