import type { LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

export type JsonInput = Record<string, unknown>;
export type JsonOperation = (input: JsonInput) => unknown;

/** A service that speaks AWS's JSON protocol, as a table of operations. */
export function makeJsonService(operations: Record<string, JsonOperation>): LocalService {
  const table = new Map(Object.entries(operations));
  return {
    async handle({ service, operation, headers, body }) {
      const run = table.get(operation);
      if (!run) {
        const message = `The local cloud's ${service} has no ${operation}`;
        throw new ServiceFault(400, 'UnknownOperationException', message);
      }
      const output = await run(parseInput(body));
      const type = headers['content-type'] ?? 'application/x-amz-json-1.1';
      return { status: 200, headers: { 'content-type': type }, body: JSON.stringify(output) };
    },
  };
}

function parseInput(body: Buffer): JsonInput {
  try {
    const value: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below, together with JSON that is not an object.
  }
  throw new ServiceFault(400, 'SerializationException', 'The body is not a JSON object');
}
