import type { ActionState, CycleRow } from '#contracts/cycle-row.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { type Plan, plan as planSchema } from '#contracts/plan.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { endedActionStatuses } from '#contracts/run-states.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { fastDigest } from './fast-digest.ts';
import { sameValue } from './same-value.ts';
import type { World } from './world.ts';

/** What was read before a stop may be written and sent for as long as a function lives. */
export const inFlightMs = 90_000;

export type RunSay = (invariant: string, message: string) => void;

function isEnded({ status }: ActionState): boolean {
  return (endedActionStatuses as readonly string[]).includes(status);
}

/** Never change once an action is planned. */
const fixed = ['title', 'owner', 'kind', 'priority', 'wave', 'dependsOn'] as const;

/** An action's end is final, its revisions only go up, and it begins when it may. */
export function checkActions(world: World, before: CycleRow, after: CycleRow, say: RunSay): void {
  for (const old of before.actions) {
    const action = after.actions.find(({ id }) => id === old.id);
    if (!action) {
      say('action', `action ${old.id} is gone`);
      continue;
    }
    const changed = fixed.find((name) => !sameValue(old[name], action[name]));
    if (changed) say('action', `${changed} of action ${old.id} was changed`);
    if (isEnded(old) && (action.status !== old.status || !sameValue(action.jobs, old.jobs)))
      say('action', `action ${old.id} had ended ${old.status}, and is ${action.status} with ${action.jobs}`);
    if (action.revision < old.revision) say('action', `action ${old.id} went back to ${action.revision}`);
    if (action.status !== old.status) {
      world.journal.trace(
        () => `   ${after.run}-c${after.cycle} action ${old.id} ${old.status} → ${action.status}`,
      );
      world.journal.countEnd(`action ${action.status}`);
    }
    if (action.status === 'EXECUTING' && old.status !== 'EXECUTING') checkBegin(world, after, action, say);
  }
}

/** Everything that has to be true before an agent begins, by the rows themselves. */
function checkBegin(world: World, cycle: CycleRow, action: ActionState, say: RunSay): void {
  const run = world.runs.runs.rows.get(cycle.run);
  const open = action.dependsOn.find((id) => cycle.actions.find((each) => each.id === id)?.status !== 'DONE');
  if (open !== undefined) say('dependencies', `action ${action.id} begins, and ${open} is not done`);
  if (cycle.end !== undefined) say('cycle', `action ${action.id} begins after the end`);
  if (run?.approvals.plan) checkPlanApproved(world, cycle, say);
  if (run?.approvals.kinds.includes(action.kind)) checkActionApproved(world, cycle, action, say);
  if (action.revision > revisionsOf(world))
    say('action', `action ${action.id} begins revision ${action.revision}`);
}

function revisionsOf({ teams }: World): number {
  return [...teams.stored.values()][0]?.document.team.execution.revisions ?? 0;
}

function checkPlanApproved({ runs }: World, cycle: CycleRow, say: RunSay): void {
  const gate = runs.gates.rows.get(`${cycle.run}-c${cycle.cycle}-plan`);
  if (gate?.status !== 'APPROVED') say('approval', `is carried out, and its plan is ${gate?.status}`);
  if (gate && gate.digest !== cycle.plan?.sha256)
    say('approval', 'another plan is carried out than was approved');
}

function checkActionApproved(world: World, cycle: CycleRow, { id }: ActionState, say: RunSay): void {
  const gate = world.runs.gates.rows.get(`${cycle.run}-c${cycle.cycle}-a${id}-r0-action`);
  if (gate?.status !== 'APPROVED') say('approval', `action ${id} begins, and its gate is ${gate?.status}`);
  const planned = planOf(world, cycle)?.actions.find((each) => each.id === id);
  if (gate && gate.digest !== fastDigest.sha256(canonicalJson(planned)))
    say('approval', `action ${id} is not what was approved`);
}

function planOf({ objects }: World, { plan }: CycleRow): Plan | undefined {
  const stored = plan && objects.stored.get(plan.key);
  return stored && planSchema.parse(JSON.parse(stored.body));
}

/** A job of a run is made while its cycle lives, and once the run is stopped no longer. */
export function checkRunJob(world: World, row: JobRow): void {
  if (!row.run) return;
  const say = (message: string) => world.journal.violate('stop', `${row.id}: ${message}`);
  const { id, cycle } = row.run;
  const run: RunRow | undefined = world.runs.runs.rows.get(id);
  const state = world.runs.cycles.rows.get(`${id} ${cycle}`);
  if (!run || !state) {
    say('was made for a cycle that does not exist');
    return;
  }
  const stoppedAtMs = world.stoppedAtMs.get(id);
  if (stoppedAtMs !== undefined && world.nowMs - stoppedAtMs > inFlightMs)
    say('was made long after the stop');
  if (state.end !== undefined && world.nowMs - (state.endedAtMs ?? 0) > inFlightMs)
    say(`was made long after its cycle had ended ${state.end}`);
  const known = [state.planningJob, state.reviewJob, ...state.actions.flatMap(({ jobs }) => jobs)];
  if (!known.includes(row.id)) say('was made before its cycle knew of it');
}
