import { runPrefix } from '#contracts/object-keys.ts';
import { type CycleReview, cycleReview } from '#contracts/review.ts';
import type { Reviewed } from '#contracts/steps.ts';
import { changeCycle } from '../change-row.ts';
import { cycleReviewJobId } from '../ids.ts';
import { readMemory, writeMemory } from '../memory.ts';
import { toCycleReviewPayload } from '../payloads/cycle-review-payload.ts';
import { isStopping, type Place, readPlace, requireAgent } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import { whatPeopleSaid } from '../what-people-said.ts';
import { type At, goOn, isCarriedOut, isOver, readResult, startJob } from './step-tools.ts';

/** The coordinator looks at what the whole cycle came to. */
export async function review(deps: RunDeps, at: At & { token: string }): Promise<void> {
  const place = await readPlace(deps, at);
  const { run, cycle, team } = place;
  if (isOver(place) || cycle.stopsAs !== undefined) return goOn(deps, at.token);
  const id = cycleReviewJobId(run.id, at.cycle);
  const { row, before } = await changeCycle(deps, at, (current) =>
    current.reviewJob === id || current.end !== undefined ? undefined : { ...current, reviewJob: id },
  );
  if (row.end !== undefined) return goOn(deps, at.token);
  const coordinator = requireAgent(team, team.review.coordinator);
  if (row !== before)
    await say(deps, run.id, { type: 'review', message: `${coordinator.id} reviews the cycle`, job: id });
  const [said, memory] = await Promise.all([whatPeopleSaid(deps, row), readMemory(deps, run.project)]);
  await startJob(deps, {
    id,
    run,
    place: { cycle: at.cycle, agent: coordinator.id },
    input: { type: 'review', payload: toCycleReviewPayload(place, coordinator, { said, memory }) },
    token: at.token,
    ...(run.workspace ? { inputWorkspace: run.workspace } : {}),
    request: { priority: 'high', timeoutSeconds: coordinator.timeoutSeconds },
  });
}

/** Keeps what the review says: whether the objective is reached, the lessons, the project's memory. */
export async function readReview(deps: RunDeps, at: At): Promise<Reviewed> {
  const place = await readPlace(deps, at);
  const { run, cycle } = place;
  const job = cycle.reviewJob === undefined ? undefined : await deps.store.get(cycle.reviewJob);
  const parsed = cycleReview.safeParse(await readResult(deps, job));
  if (parsed.success) await keep(deps, place, parsed.data);
  else if (job)
    await say(deps, run.id, {
      type: 'review',
      message: `The cycle was not reviewed: ${job.error?.message ?? job.status}`,
    });
  const isDone = cycle.actions.every(({ status }) => status === 'DONE');
  const goesOn = cycle.stopsAs === undefined && !isStopping(run);
  const isAsked = run.approvals.release && isDone && goesOn;
  const isWatched = run.recovery !== undefined && isCarriedOut(cycle) && goesOn;
  return {
    next: isAsked ? 'approve' : isWatched && !run.approvals.release ? 'watch' : 'close',
    recovery: isWatched ? 'watch' : 'none',
    outcome: parsed.success ? 'reviewed' : 'not reviewed',
  };
}

async function keep(deps: RunDeps, { run, cycle, team }: Place, review: CycleReview): Promise<void> {
  const { row, before } = await changeCycle(deps, { run: run.id, cycle: cycle.cycle }, (current) =>
    current.objectiveAchieved === undefined && current.end === undefined
      ? { ...current, objectiveAchieved: review.objectiveAchieved }
      : undefined,
  );
  const prefix = `${runPrefix(run.project, run.id)}cycles/${cycle.cycle}/`;
  await deps.objects.put(
    `${prefix}review/cycle.json`,
    `${JSON.stringify(review, null, 2)}\n`,
    'application/json',
  );
  if (row === before) return;
  const keeper = team.review.memory ?? team.review.coordinator;
  if (review.memory !== undefined && keeper === team.review.coordinator)
    await writeMemory(deps, run.project, review.memory);
  await say(deps, run.id, { type: 'review', message: review.summary.slice(0, 800) });
}
