import { randomBytes } from 'node:crypto';
import type { Json } from '../json.ts';
import { ServiceFault } from '../service-fault.ts';
import { ExecutionFault } from './execution-fault.ts';

export interface OpenToken {
  token: string;
  /** Resolves to the output that is sent with the token, or rejects with the failure. */
  outcome: Promise<Json>;
  /** The token is of no use from here on. */
  close(): void;
}

export interface TaskTokens {
  open(executionId: string): OpenToken;
  /** These throw a `ServiceFault` for a token that is not open. */
  succeed(token: string, output: Json): void;
  fail(token: string, error: string, cause: string): void;
  requireOpen(token: string): void;
}

const form = /^([0-9a-f]{32})\.[\w-]{43}$/;

/**
 * Tokens of one use. Each begins with its execution's id: so a token from before a restart is known for what it
 * is, a try that is over, without anything being kept about it.
 */
export function makeTaskTokens(isExecution: (id: string) => boolean): TaskTokens {
  const waiting = new Map<string, PromiseWithResolvers<Json>>();

  function find(token: string): PromiseWithResolvers<Json> {
    const found = waiting.get(token);
    if (found) return found;
    const id = form.exec(token)?.[1];
    if (id === undefined) throw new ServiceFault(400, 'InvalidToken', "Invalid Token: 'Invalid token'");
    if (!isExecution(id)) throw new ServiceFault(400, 'TaskDoesNotExist', 'Task does not exist');
    const message = "Task Timed Out: 'Provided task does not exist anymore'";
    throw new ServiceFault(400, 'TaskTimedOut', message);
  }

  function take(token: string): PromiseWithResolvers<Json> {
    const found = find(token);
    waiting.delete(token);
    return found;
  }

  return {
    open(executionId) {
      const token = `${executionId}.${randomBytes(32).toString('base64url')}`;
      const resolvers = Promise.withResolvers<Json>();
      waiting.set(token, resolvers);
      return { token, outcome: resolvers.promise, close: () => void waiting.delete(token) };
    },
    succeed: (token, output) => take(token).resolve(output),
    fail: (token, error, cause) => take(token).reject(new ExecutionFault(error, cause)),
    requireOpen: (token) => void find(token),
  };
}
