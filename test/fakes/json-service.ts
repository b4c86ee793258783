import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonServiceTarget } from '../../lib/adapters/client/json-service.ts';

/** What is answered: a document, or a refusal with its status. */
export type JsonAnswer = object | { status: number; body: object };

export interface RunningJsonService extends AsyncDisposable {
  target: JsonServiceTarget;
  asked: { target: string; body: unknown }[];
  /** What is still to be answered, in this order; after the last one an empty document. */
  answers: JsonAnswer[];
}

/** A service in AWS's JSON protocol, on this machine, that remembers what it was asked. */
export async function startJsonService(answers: JsonAnswer[] = []): Promise<RunningJsonService> {
  const asked: RunningJsonService['asked'] = [];
  const running = { asked, answers };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const target = String(request.headers['x-amz-target']);
      asked.push({ target, body: JSON.parse(Buffer.concat(parts).toString()) });
      const answer = running.answers.shift() ?? {};
      const { status, body } = 'body' in answer ? answer : { status: 200, body: answer };
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = async () => ({ accessKeyId: 'AKIATEST', secretAccessKey: 'secret' });
  return Object.assign(running, {
    target: { endpointUrl: `http://127.0.0.1:${port}`, region: 'eu-central-1', credentials },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
