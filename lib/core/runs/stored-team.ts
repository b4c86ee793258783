import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { type TeamView, teamDocument, teamName } from '#contracts/team.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import type { Clock, Digest } from '#core/ports/system.ts';
import type { StoredTeam, Teams } from '#core/ports/teams.ts';
import { checkTeam } from '#core/teams/check-team.ts';
import type { ModelSupply } from '#core/teams/resolve-models.ts';
import { toTeamView } from '#core/teams/team-view.ts';

/** A team as clients see it, with what each agent would run on now. */
export function toStoredTeamView(stored: StoredTeam, digest: Digest, supply: ModelSupply): TeamView {
  const { document, origin, updatedAtMs } = stored;
  return toTeamView(document, {
    origin,
    sha256: digest.sha256(canonicalJson(document)),
    ...(updatedAtMs === undefined ? {} : { updatedAt: new Date(updatedAtMs).toISOString() }),
    supply,
  });
}

export async function requireStoredTeam(teams: Teams, name: string): Promise<StoredTeam> {
  const found = teamName.safeParse(name).success ? await teams.get(name) : undefined;
  if (found) return found;
  throw new AppError('not_found', `there is no team "${name.slice(0, 100)}"`, {
    remedy: 'see them with: muster team list',
  });
}

/** @throws AppError `forbidden`, `invalid_request`, `team_invalid` with every fault, `payload_too_large` */
export async function putTeam(
  deps: { teams: Teams; clock: Clock; teamBytes: number },
  caller: Caller,
  name: string,
  body: unknown,
): Promise<StoredTeam> {
  if (!caller.approver)
    throw new AppError('forbidden', `${caller.arn} may not put teams`, {
      remedy: 'set "approver": true for this principal in "access" of the settings and deploy again',
    });
  // Runs of every project may name it: what it says and which tools it has must not come from one of them.
  if (caller.projects !== '*')
    throw new AppError(
      'forbidden',
      `${caller.arn} may not put teams, for a team is there for every project`,
      {
        remedy: 'ask an approver who may touch every project',
      },
    );
  const document = parseWith(teamDocument, body, 'the team');
  if (document.team.name !== name)
    throw new AppError(
      'invalid_request',
      `the team is called "${document.team.name}", the address says "${name}"`,
    );
  const faults = checkTeam(document);
  if (faults.length > 0) {
    const fields = faults.map(({ path, message }) => ({ path, message }));
    const summary = fields.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw new AppError('team_invalid', summary.slice(0, 4_000), {
      faults: fields,
      remedy: 'see each fault with its line: muster team check FOLDER',
    });
  }
  const bytes = new TextEncoder().encode(JSON.stringify(document)).length;
  if (bytes > deps.teamBytes)
    throw new AppError('payload_too_large', `the team has ${bytes} bytes; ${deps.teamBytes} are taken`);
  const nowMs = deps.clock.nowMs();
  await deps.teams.put(document, caller.arn, nowMs);
  return { document, origin: 'put', updatedAtMs: nowMs };
}
