import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { changeCycle } from '../change-row.ts';
import { ensureGate } from '../gates.ts';
import { cycleGateId } from '../ids.ts';
import { isStopping, readPlace } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import { stopIfAsked } from './approve-plan.ts';
import { type At, goOn } from './step-tools.ts';

/** A person is asked whether what the cycle came to may go out: these files, with these results. */
export async function askReleaseApproval(deps: RunDeps, at: At & { token: string }): Promise<void> {
  const { run, cycle } = await readPlace(deps, at);
  if (isStopping(run)) return goOn(deps, at.token);
  const id = cycleGateId(run.id, at.cycle, 'release');
  await changeCycle(deps, at, (row) => (row.releaseGate === id ? undefined : { ...row, releaseGate: id }));
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
  await stopIfAsked(deps, run.id);
}
