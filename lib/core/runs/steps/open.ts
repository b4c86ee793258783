import { cyclePrefix } from '#contracts/object-keys.ts';
import { writeBriefing } from '../briefing.ts';
import { meetingIdAt } from '../ids.ts';
import { readRun } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import type { At } from './step-tools.ts';

/** Makes the cycle's row and writes its briefing. */
export async function open(deps: RunDeps, at: At): Promise<{ briefing: string }> {
  const run = await readRun(deps, at.run);
  if (!(await deps.runs.cycles.get(at))) {
    const nowMs = deps.clock.nowMs();
    const windowSeconds = run.cadence && (run.cadence.windowSeconds ?? run.cadence.everySeconds);
    const isFirst = await deps.runs.cycles.create({
      schemaVersion: 1,
      version: 1,
      run: run.id,
      cycle: at.cycle,
      meetingId: meetingIdAt(nowMs),
      startedAtMs: nowMs,
      updatedAtMs: nowMs,
      ...(windowSeconds === undefined ? {} : { windowEndsAtMs: nowMs + windowSeconds * 1_000 }),
      actions: [],
      costMicroUsd: 0,
    });
    if (isFirst) await say(deps, run.id, { type: 'cycle', message: `Cycle ${at.cycle} begins` });
  }
  await writeBriefing(deps, run, at.cycle);
  return { briefing: `${cyclePrefix(run.project, run.id, at.cycle)}briefing.json` };
}
