import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { callJsonService, type JsonServiceTarget } from '../client/json-service.ts';

/** Between two looks, while a machine is waited for. */
const lookEveryMs = 10_000;
const listed = z.object({ executions: z.array(z.object({ executionArn: z.string() })) });
const nothing = z.object({});

/** Stops the executions that run, a page of them. Answers how many there were. */
export async function stopExecutions(target: JsonServiceTarget, stateMachineArn: string): Promise<number> {
  const call = <T>(operation: string, input: object, reply: z.ZodType<T>) =>
    callJsonService(target, {
      service: 'states',
      operation: `AWSStepFunctions.${operation}`,
      input,
      reply,
      version: '1.0',
    });
  const input = { stateMachineArn, statusFilter: 'RUNNING', maxResults: 100 };
  const { executions } = await call('ListExecutions', input, listed);
  for (const { executionArn } of executions)
    await call('StopExecution', { executionArn, cause: 'muster destroy' }, nothing);
  return executions.length;
}

/** Again and again: as long as its machine is there, a cycle that was stopped may be followed by another one. */
export async function keepStopping(
  target: JsonServiceTarget,
  stateMachineArns: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    // Best effort is right here: a machine that is gone, or an execution that has ended, is what is wanted; and who
    // may not stop them hears from CloudFormation which resource stays.
    await Promise.allSettled(stateMachineArns.map((arn) => stopExecutions(target, arn)));
    await wait(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
