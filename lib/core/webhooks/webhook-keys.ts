import { type Caller, projectName } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { WebhookKeysRow, WebhookSecrets } from '#contracts/webhook.ts';
import { requireProject } from '#core/access.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { WebhookMaster } from '#core/ports/webhooks.ts';
import { signingKey, toSecret } from './signature.ts';

export type KeyDeps = Deps<'webhooks' | 'digest' | 'clock'> & { master: WebhookMaster };

/** Longer than the tries of a webhook take, so that receivers can change over without haste. */
const overlapMs = 7 * 86_400_000;
/** People who rotate at the same moment. */
const rounds = 5;

/** Numbers of the secrets that are valid now, the newest first. */
export function validVersions(keys: WebhookKeysRow | undefined, nowMs: number): number[] {
  if (!keys) return [1];
  const isPreviousValid = (keys.previousUntilMs ?? 0) > nowMs;
  return isPreviousValid ? [keys.current, keys.current - 1] : [keys.current];
}

/** @throws AppError `not_found`, `forbidden` */
export async function readSecrets(deps: KeyDeps, caller: Caller, project: string): Promise<WebhookSecrets> {
  requireApprover(caller, project);
  return toSecrets(deps, project, await deps.webhooks.keys.get(project));
}

/**
 * A new secret; the one before goes on signing for a week, beside the new one. Rotating again ends that: of three
 * secrets only the newest two are ever valid.
 *
 * @throws AppError `not_found`, `forbidden`, `busy`
 */
export async function rotateSecret(deps: KeyDeps, caller: Caller, project: string): Promise<WebhookSecrets> {
  requireApprover(caller, project);
  for (let round = 0; round < rounds; round++) {
    const before = await deps.webhooks.keys.get(project);
    const nowMs = deps.clock.nowMs();
    const next: WebhookKeysRow = {
      version: (before?.version ?? 0) + 1,
      updatedAtMs: nowMs,
      project,
      current: (before?.current ?? 1) + 1,
      previousUntilMs: nowMs + overlapMs,
    };
    const isWritten = before ? deps.webhooks.keys.replace(next) : deps.webhooks.keys.create(next);
    if (await isWritten) return toSecrets(deps, project, next);
  }
  throw new AppError('busy', `the secret of project "${project}" is being rotated by others`, {
    remedy: 'look at it: muster webhook secret',
  });
}

/** Who has the secret can speak in Muster's name to whoever listens. */
function requireApprover(caller: Caller, project: string): void {
  if (!projectName.safeParse(project).success)
    throw new AppError('not_found', `there is no project "${project.slice(0, 100)}" that you may use`);
  requireProject(caller, project);
  if (caller.approver) return;
  throw new AppError('forbidden', `${caller.arn} may not see signing secrets`, {
    remedy: 'set "approver": true for this principal in "access" of the settings and deploy again',
  });
}

async function toSecrets(
  { master, digest, clock }: KeyDeps,
  project: string,
  keys: WebhookKeysRow | undefined,
): Promise<WebhookSecrets> {
  const text = await master.read();
  const versions = validVersions(keys, clock.nowMs());
  const secrets = versions.map((version, index) => ({
    version,
    secret: toSecret(signingKey(digest, text, project, version)),
    ...(index === 0 ? {} : { validUntil: new Date(keys?.previousUntilMs ?? 0).toISOString() }),
  }));
  return { project, secrets };
}
