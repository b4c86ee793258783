import type { ActionState, CycleRow } from '#contracts/cycle-row.ts';
import { AppError } from '#contracts/errors.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { type TeamAgent, type TeamDocument, type TeamFile, teamDocument } from '#contracts/team.ts';
import type { RunDeps } from './run-deps.ts';

/** Where a step works: the run, its cycle, and the team as it was when the run began. */
export interface Place {
  run: RunRow;
  cycle: CycleRow;
  document: TeamDocument;
  team: TeamFile;
}

export async function readRun(deps: Pick<RunDeps, 'runs'>, id: string): Promise<RunRow> {
  const run = await deps.runs.runs.get(id);
  if (run) return run;
  throw new AppError('not_found', `there is no run "${id}"`, { remedy: 'list runs with: muster run list' });
}

/** @throws AppError `not_found`, `internal` where the stored team is not what the run began with */
export async function readPlace(
  deps: Pick<RunDeps, 'runs' | 'objects' | 'digest'>,
  at: { run: string; cycle: number },
): Promise<Place> {
  const [run, cycle] = await Promise.all([
    readRun(deps, at.run),
    deps.runs.cycles.get({ run: at.run, cycle: at.cycle }),
  ]);
  if (!cycle) throw new AppError('not_found', `run ${at.run} has no cycle ${at.cycle}`);
  const document = await readTeam(deps, run);
  return { run, cycle, document, team: document.team };
}

export async function readTeam(
  deps: Pick<RunDeps, 'objects' | 'digest'>,
  run: RunRow,
): Promise<TeamDocument> {
  const text = await deps.objects.get(run.teamKey);
  if (text === undefined) throw new AppError('internal', `the team of run ${run.id} is not in the bucket`);
  if (deps.digest.sha256(text) !== run.teamSha256)
    throw new AppError('internal', `the team of run ${run.id} is not the one that it began with`, {
      retryable: false,
    });
  return teamDocument.parse(JSON.parse(text));
}

export function requireAgent(team: TeamFile, id: string): TeamAgent {
  const agent = team.agents.find((each) => each.id === id);
  if (agent) return agent;
  throw new AppError('plan_invalid', `the team "${team.name}" has no agent "${id}"`);
}

export function requireAction(cycle: CycleRow, id: number): ActionState {
  const action = cycle.actions.find((each) => each.id === id);
  if (action) return action;
  throw new AppError('not_found', `cycle ${cycle.cycle} of run ${cycle.run} has no action ${id}`);
}

/** What an agent works with in this run: its own model, or the one that it falls back to. */
export function modelOf(run: RunRow, agent: TeamAgent): string {
  return run.models[agent.id]?.model ?? agent.model;
}

export function isStopping(run: RunRow): boolean {
  return run.status !== 'RUNNING';
}
