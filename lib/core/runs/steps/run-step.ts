import type { StepRequest } from '#contracts/steps.ts';
import { closeCycle } from '../close-cycle.ts';
import type { RunDeps } from '../run-deps.ts';
import { askPlanApproval, readPlanApproval } from './approve-plan.ts';
import { askReleaseApproval } from './approve-release.ts';
import { awaitRecovery } from './await-recovery.ts';
import { check } from './check.ts';
import { execute } from './execute.ts';
import { judge } from './judge.ts';
import { open } from './open.ts';
import { plan, readPlan } from './plan.ts';
import { readReview, review } from './review.ts';

/** One step of a cycle. Every one of them may come any number of times, and does its work once. */
export function runStep(deps: RunDeps, request: StepRequest): Promise<unknown> {
  switch (request.step) {
    case 'open':
      return open(deps, request);
    case 'plan':
      return plan(deps, request);
    case 'readPlan':
      return readPlan(deps, request);
    case 'askPlanApproval':
      return askPlanApproval(deps, request);
    case 'readPlanApproval':
      return readPlanApproval(deps, request);
    case 'execute':
      return execute(deps, request);
    case 'check':
      return check(deps, request);
    case 'judge':
      return judge(deps, request);
    case 'review':
      return review(deps, request);
    case 'readReview':
      return readReview(deps, request);
    case 'askReleaseApproval':
      return askReleaseApproval(deps, request);
    case 'awaitRecovery':
      return awaitRecovery(deps, request);
    case 'close':
      return closeCycle(deps, request);
    default:
      return request satisfies never;
  }
}
