import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { FunctionEnvironment, FunctionVariable } from '#contracts/function-env.ts';
import { principalArn, resolveCaller } from '#core/access.ts';
import type { HttpCall } from './api-router.ts';
import { requireNoBody, userArnOf } from './http-request.ts';

/** Who may touch what, and the roles of workers, which have a protocol of their own. */
export const callerVariables = [
  'ACCESS',
  'WORKER_ROLE_ARN',
  'FUNCTION_WORKER_ROLE_ARN',
] as const satisfies readonly FunctionVariable[];
type CallerEnvironment = FunctionEnvironment<(typeof callerVariables)[number]>;

/** Who calls, and what they may touch. A worker that was talked into calling a client's route is refused here too. */
export function makeCallerOf(env: CallerEnvironment) {
  const workers = [env.WORKER_ROLE_ARN, env.FUNCTION_WORKER_ROLE_ARN].map(principalArn);

  function callerOf({ event }: HttpCall): Caller {
    const userArn = userArnOf(event);
    if (workers.includes(principalArn(userArn)))
      throw new AppError('forbidden', 'workers may call /worker/* only');
    return resolveCaller(env.ACCESS, userArn);
  }

  /** The caller of a route whose requests say all in their path. */
  function bodilessCallerOf(call: HttpCall): Caller {
    const caller = callerOf(call);
    requireNoBody(call.event);
    return caller;
  }

  return { callerOf, bodilessCallerOf };
}
