import {
  InvalidParameterValueException,
  InvalidRequestContentException,
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import type { FunctionCall } from '#contracts/function-call.ts';
import type { Launcher, LaunchOutcome, LaunchRequest } from '#core/ports/compute.ts';
import { maxAttempts } from './clients.ts';

/** These say that the call itself is wrong: sending it again will not help. */
const permanent = [InvalidParameterValueException, InvalidRequestContentException, ResourceNotFoundException];
const permanentNames = new Set(['KMSAccessDeniedException']);

/** The names by which Lambda says "not now". Source: Lambda API reference, Invoke. */
const throttles = new Set(['TooManyRequestsException', 'EC2ThrottledException', 'ResourceConflictException']);

/**
 * Starts workers of the function lane: an asynchronous call that Lambda does not repeat. It may still deliver one
 * twice; then the second worker finds the attempt bound to the first.
 */
export function makeLambdaLauncher(
  functionArn: string,
  client = new LambdaClient({ maxAttempts }),
): Launcher {
  return {
    async launch(request) {
      try {
        const { $metadata } = await client.send(
          new InvokeCommand({
            FunctionName: functionArn,
            InvocationType: 'Event',
            Payload: JSON.stringify(toCall(request)),
          }),
        );
        return { kind: 'started', taskArn: `${functionArn}/${$metadata.requestId ?? 'unknown'}` };
      } catch (error) {
        return toOutcome(error);
      }
    },
  };
}

function toCall({ jobId, attempt, ticket, traceparent }: LaunchRequest): FunctionCall {
  return { v: 1, jobId, attempt, ticket, traceparent };
}

function toOutcome(error: unknown): LaunchOutcome {
  if (!(error instanceof Error)) throw error;
  const reason = `${error.name}: ${error.message}`;
  if (throttles.has(error.name)) return { kind: 'rejected', later: true, reason };
  if (error.name === 'AccessDeniedException') return { kind: 'rejected', later: true, denied: true, reason };
  if (permanentNames.has(error.name) || permanent.some((fault) => error instanceof fault))
    return { kind: 'rejected', later: false, reason };
  throw error;
}
