import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { makeReceivers, type ReceiversOptions } from '../../../lib/adapters/egress/make-receivers.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const loopback = ['127.0.0.1:*'];
const posting = {
  headers: { 'webhook-id': 'wh-1', 'content-type': 'application/json' },
  body: '{"title":"Grüße"}',
};

function post(url: string, options: ReceiversOptions = { trusted: loopback }) {
  return makeReceivers(options).post({ ...posting, url });
}

describe('a receiver', () => {
  test('gets the body as it is, with the headers, by POST', async () => {
    const seen: unknown[] = [];
    const url = await serve(async (req, res) => {
      seen.push(req.method, req.url, req.headers['webhook-id'], req.headers.host, await textOf(req));
      res.writeHead(204).end();
    });
    expect(await post(`${url}/hooks?a=b`)).toEqual({ status: 204 });
    expect(seen).toEqual(['POST', '/hooks?a=b', 'wh-1', url.slice('http://'.length), posting.body]);
  });

  test('that redirects is answered for by its status; nobody goes there', async () => {
    let asked = 0;
    const other = await serve((_req, res) => {
      asked++;
      res.end();
    });
    const url = await serve((_req, res) => res.writeHead(307, { location: other }).end());
    expect(await post(url)).toEqual({ status: 307 });
    expect(asked).toBe(0);
  });

  test('that never answers is left after its time', async () => {
    const url = await serve(() => undefined);
    const fault = post(url, { trusted: loopback, timeoutMs: 200 });
    await expect(fault).rejects.toMatchObject({
      code: 'unavailable',
      message: 'there was no answer within 0.2 s',
    });
  });

  test('that sends its headers drop by drop is left after its time', async () => {
    const url = await serve((req) => {
      const timer = setInterval(() => req.socket.write('x'), 20);
      req.socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      req.socket.on('close', () => clearInterval(timer));
    });
    await expect(post(url, { trusted: loopback, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  test('whose answer has no end is cut off; its status counts', async () => {
    let written = 0;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const url = await serve((_req, res) => {
      res.on('close', resolve);
      const more = () => {
        while (!res.closed && res.write(Buffer.alloc(65_536))) written += 65_536;
        if (!res.closed) res.once('drain', more);
      };
      more();
    });
    const startedMs = performance.now();
    expect(await post(url)).toEqual({ status: 200 });
    await closed;
    // By what it has sent, not by the two seconds that a slow one would have.
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    expect(written).toBeLessThan(20_000_000);
  });

  test('that hangs up is unavailable', async () => {
    const url = await serve((req) => req.socket.destroy());
    await expect(post(url)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('that nobody knows is unavailable', async () => {
    const unknown = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    await expect(post('https://gone.example.com/', { resolve: unknown })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});

describe('nothing is sent', () => {
  test('to a name that leads to a private place, now or among others [D4]', async () => {
    for (const addresses of [
      ['10.0.0.1'],
      ['93.184.215.14', '127.0.0.1'],
      ['::ffff:127.0.0.1'],
      ['64:ff9b::a00:1'],
    ]) {
      const resolve = async () => addresses;
      await expect(post('https://hooks.example.com/', { resolve })).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
  });

  test('to this machine, unless that is allowed [D4]', async () => {
    let asked = 0;
    const url = await serve((_req, res) => {
      asked++;
      res.end();
    });
    await expect(post(url, {})).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked).toBe(0);
  });

  test('without TLS to the public internet', async () => {
    const resolve = async () => ['93.184.215.14'];
    await expect(post('http://hooks.example.com/', { resolve, trusted: loopback })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
