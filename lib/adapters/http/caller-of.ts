import type { Access, Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { principalArn, resolveCaller } from '#core/access.ts';
import type { HttpCall } from './api-router.ts';
import { requireNoBody, userArnOf } from './http-request.ts';

export interface CallerRules {
  access: Access;
  /** Roles of workers, which have a protocol of their own. */
  workerRoleArns: readonly string[];
}

/** Who calls, and what they may touch. A worker that was talked into calling a client's route is refused here too. */
export function makeCallerOf({ access, workerRoleArns }: CallerRules) {
  const workers = workerRoleArns.map(principalArn);

  function callerOf({ event }: HttpCall): Caller {
    const userArn = userArnOf(event);
    if (workers.includes(principalArn(userArn)))
      throw new AppError('forbidden', 'workers may call /worker/* only');
    return resolveCaller(access, userArn);
  }

  /** The caller of a route whose requests say all in their path. */
  function bodilessCallerOf(call: HttpCall): Caller {
    const caller = callerOf(call);
    requireNoBody(call.event);
    return caller;
  }

  return { callerOf, bodilessCallerOf };
}
