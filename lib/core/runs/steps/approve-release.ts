import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { changeCycle } from '../change-row.ts';
import { ensureGate } from '../gates.ts';
import { cycleGateId } from '../ids.ts';
import { readPlace } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import { type At, goOn, haltIfOver, isOver } from './step-tools.ts';

/** A person is asked whether what the cycle came to may go out: these files, with these results. */
export async function askReleaseApproval(deps: RunDeps, at: At & { token: string }): Promise<void> {
  const place = await readPlace(deps, at);
  const { run, cycle } = place;
  if (isOver(place)) return goOn(deps, at.token);
  const id = cycleGateId(run.id, at.cycle, 'release');
  const { row } = await changeCycle(deps, at, (current) =>
    current.releaseGate === id || current.end !== undefined ? undefined : { ...current, releaseGate: id },
  );
  if (row.end !== undefined) return goOn(deps, at.token);
  const results = cycle.actions.map(({ id: number, title, status }) => ({ number, title, status }));
  const digest = deps.digest.sha256(canonicalJson({ files: run.workspace?.sha256 ?? null, results }));
  await ensureGate(deps, {
    id,
    run,
    cycle: at.cycle,
    kind: 'release',
    title: `Release what cycle ${at.cycle} came to?`,
    summary: results
      .slice(0, 10)
      .map(({ number, title, status }) => `${number}. ${status}: ${title}`)
      .join('\n'),
    digest,
    token: at.token,
  });
  await haltIfOver(deps, at);
}
