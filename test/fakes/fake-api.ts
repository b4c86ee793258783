import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ApiCall {
  /** `POST /approvals/x`, with the query. */
  route: string;
  body: unknown;
  bytes: number;
}

type Answer = unknown | ((call: ApiCall, url: string) => unknown);

/** A client API on loopback that answers from a list and keeps what it was asked. */
export async function startFakeApi(answers: Readonly<Record<string, Answer>>) {
  const calls: ApiCall[] = [];
  let url = '';
  const server = createServer(async (request, response) => {
    const content = await readAll(request);
    const route = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
    const call = { route, body: parse(content), bytes: content.length };
    calls.push(call);
    const answer = answers[route.replace(/\?.*$/, '')];
    const document = typeof answer === 'function' ? answer(call, url) : answer;
    response.writeHead(
      document === undefined ? 404 : request.method === 'POST' && /runs$|uploads$/.test(route) ? 201 : 200,
    );
    response.end(
      Buffer.isBuffer(document) ? document : JSON.stringify(document ?? { code: 'not_found', detail: route }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls,
    of: (prefix: string) => calls.filter(({ route }) => route.startsWith(prefix)),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    // An upload: its length is kept.
    return undefined;
  }
}
