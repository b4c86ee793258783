import type { CycleRow } from '#contracts/cycle-row.ts';
import { AppError } from '#contracts/errors.ts';
import { type Plan, type PlannedAction, plan as planSchema } from '#contracts/plan.ts';
import type { RunDeps } from './run-deps.ts';

/** The plan by the digest in the row: whatever lies there with another content is refused. */
export async function readStoredPlan(
  deps: Pick<RunDeps, 'objects' | 'digest'>,
  cycle: CycleRow,
): Promise<Plan> {
  const { plan } = cycle;
  if (!plan) throw new AppError('internal', `cycle ${cycle.cycle} of run ${cycle.run} has no plan`);
  const text = await deps.objects.get(plan.key);
  if (text === undefined) throw new AppError('internal', `the plan ${plan.sha256} is not in the bucket`);
  if (deps.digest.sha256(text) !== plan.sha256)
    throw new AppError(
      'digest_mismatch',
      `the plan in the bucket is not ${plan.sha256}, which was decided about`,
    );
  return planSchema.parse(JSON.parse(text));
}

export function requirePlanned(plan: Plan, id: number): PlannedAction {
  const action = plan.actions.find((each) => each.id === id);
  if (action) return action;
  throw new AppError('plan_invalid', `the plan has no action ${id}`);
}
