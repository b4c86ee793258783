import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeCall {
  name: string;
  /** The input as the model writes it. */
  json: string;
}

/** What a fake of any provider answers a call with. */
export type FakeAnswer =
  | { kind: 'say'; text?: string; calls?: FakeCall[]; stop?: 'refusal' | 'max_tokens' }
  | { kind: 'status'; status: number; code?: string; message?: string; retryAfterSeconds?: number }
  /** The answer begins with this text, and then: an error event, a cut socket, or nothing more. */
  | { kind: 'break'; how: 'error' | 'cut' | 'hang'; text: string };

export interface FakeProvider {
  /** For the adapter's `baseUrl`. */
  url: string;
  /** Bodies so far, in order. */
  requests: Record<string, unknown>[];
  close(): Promise<void>;
}

export type FakeHandler = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void | Promise<void>;

/** A server on a loopback port. What a handler throws ends the test's request without an answer. */
export async function startFakeServer(handle: FakeHandler): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    try {
      await handle(req, res, Buffer.concat(chunks));
    } catch {
      res.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A request that the real provider would refuse. */
export class FakeRefusal extends Error {}

export function requireThat(holds: unknown, message: string): asserts holds {
  if (!holds) throw new FakeRefusal(message);
}

/** Takes answers one by one, and the last one again and again. */
export function inTurn(answers: readonly FakeAnswer[]): () => FakeAnswer {
  let next = 0;
  return () => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    if (!answer) throw new Error('no answer was written for this call');
    return answer;
  };
}

export function beginStream(res: ServerResponse, headers: Record<string, string> = {}): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
}

export function sendEvent(res: ServerResponse, data: unknown, event?: string): void {
  res.write(`${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`);
}

export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify(body));
}

export function retryHeaders({ retryAfterSeconds }: { retryAfterSeconds?: number }): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
}

/** Ends what has begun in the way that the answer says. Cut only once what was written has left. */
export function breakOff(res: ServerResponse, how: 'cut' | 'hang'): void {
  if (how === 'cut') setTimeout(() => res.destroy(), 20);
}

export function halves(text: string): [string, string] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

/** Known fields only, as providers that refuse the others have it. */
export function requireFields(body: object, known: readonly string[]): void {
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  requireThat(unknown === undefined, `Unknown parameter: '${unknown}'.`);
}
