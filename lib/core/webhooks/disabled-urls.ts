import type { WebhookUrlRow } from '#contracts/webhook.ts';
import type { Deps } from '#core/ports/core-deps.ts';

type UrlDeps = Deps<'webhooks' | 'digest' | 'clock'>;

interface Place {
  project: string;
  url: string;
}

/** Whether this address has told this project that it is gone. */
export async function isDisabled(deps: UrlDeps, place: Place): Promise<boolean> {
  const known = await deps.webhooks.urls.get(keyOf(deps, place));
  return known?.disabledAtMs !== undefined;
}

export function disableUrl(deps: UrlDeps, place: Place): Promise<void> {
  return setDisabled(deps, place, { disabledAtMs: deps.clock.nowMs() });
}

/** A person wants something sent there again. */
export function enableUrl(deps: UrlDeps, place: Place): Promise<void> {
  return setDisabled(deps, place, {});
}

/** The last one to say so is right; who loses the race has said the same, or is asked again by the next answer. */
async function setDisabled(deps: UrlDeps, place: Place, state: Pick<WebhookUrlRow, 'disabledAtMs'>) {
  const key = keyOf(deps, place);
  const before = await deps.webhooks.urls.get(key);
  const updatedAtMs = deps.clock.nowMs();
  if (before)
    await deps.webhooks.urls.replace({ ...key, ...state, version: before.version + 1, updatedAtMs });
  else if (state.disabledAtMs !== undefined)
    await deps.webhooks.urls.create({ ...key, ...state, version: 1, updatedAtMs });
}

function keyOf({ digest }: UrlDeps, { project, url }: Place) {
  return { project, urlSha256: digest.sha256(url) };
}
