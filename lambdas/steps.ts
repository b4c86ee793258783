import * as z from 'zod';
import { documentClient } from '#adapters/aws/clients.ts';
import { controlVariables, makeControlDeps } from '#adapters/aws/control-deps.ts';
import { makeLambdaCourier } from '#adapters/aws/lambda-courier.ts';
import { makeRunPorts, runVariables } from '#adapters/aws/run-ports.ts';
import { makeSnsAnnouncer } from '#adapters/aws/sns-announcer.ts';
import { readFunctionEnvironment } from '#adapters/env.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { AppError } from '#contracts/errors.ts';
import { stepRequest } from '#contracts/steps.ts';
import { closeCycle } from '#core/runs/close-cycle.ts';
import { runStep } from '#core/runs/steps/run-step.ts';

const env = readFunctionEnvironment([
  ...controlVariables,
  ...runVariables,
  'CONNECTIONS_URL',
  'APPROVALS_TOPIC_ARN',
  'WEBHOOKS_FUNCTION_ARN',
]);
const telemetry = makeTelemetry('steps');
const client = documentClient();
const deps = {
  ...makeControlDeps(env, client, telemetry),
  ...makeRunPorts(env, client),
  announcer: makeSnsAnnouncer(env.APPROVALS_TOPIC_ARN),
  courier: makeLambdaCourier(env.WEBHOOKS_FUNCTION_ARN, 'webhooks', client),
};

/** An execution that ended, as far as we read it. Source: Step Functions events of EventBridge. */
const executionEnded = z.object({
  source: z.literal('aws.states'),
  detail: z.object({ name: z.string(), status: z.string(), input: z.string().nullish() }),
});
const cycleInput = z.object({ run: z.string(), cycle: z.number() });

/** One step of a cycle for the state machine; and the closing of cycles whose execution broke off. */
export async function handler(event: unknown): Promise<unknown> {
  try {
    const ended = executionEnded.safeParse(event);
    if (!ended.success) return await runStep(deps, stepRequest.parse(event));
    const { input, name, status } = ended.data.detail;
    const place = cycleInput.safeParse(JSON.parse(input ?? 'null'));
    if (!place.success) return { ignored: `execution ${name} has no input of ours` };
    telemetry.log.info('execution ended', { run: place.data.run, cycle: place.data.cycle, status });
    return await closeCycle(deps, place.data);
  } catch (error) {
    telemetry.logger.error('step failed', { event: nameOf(event), error: error as Error });
    throw named(error);
  } finally {
    telemetry.flush();
  }
}

/** Without the token. */
function nameOf(event: unknown): Record<string, unknown> {
  const { token: _, ...rest } = { ...(event as Record<string, unknown>) };
  return rest;
}

/** The machine retries by the error's name, and shows it. */
function named(error: unknown): Error {
  if (!(error instanceof AppError)) return error instanceof Error ? error : new Error(String(error));
  const copy = new Error(error.message);
  copy.name = error.code;
  return copy;
}
