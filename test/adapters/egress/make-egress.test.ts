import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { makeEgress } from '../../../lib/adapters/egress/make-egress.ts';

const servers: Server[] = [];
const never = new AbortController().signal;

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const serve = (handler: RequestListener) => listen(createServer(handler));

/** A local server stands in for a public one: only its very address and port are trusted. */
function egressTo(port: number, options: Parameters<typeof makeEgress>[0] = {}) {
  return makeEgress({ trusted: [`127.0.0.1:${port}`], ...options });
}

test('a page comes with its type, and nothing of ours goes along', async () => {
  let headers = {};
  const port = await serve((request, response) => {
    headers = request.headers;
    response.setHeader('content-type', 'Text/HTML; charset=utf-8').end('hello');
  });
  const response = await egressTo(port).get(`http://127.0.0.1:${port}/a?b=c`, never);
  expect(response).toMatchObject({ status: 200, contentType: 'text/html', cut: false });
  expect(Buffer.from(response.body).toString()).toBe('hello');
  expect(Object.keys(headers).sort()).toEqual([
    'accept',
    'accept-encoding',
    'connection',
    'host',
    'user-agent',
  ]);
});

test('a redirect to a private address is refused at the hop', async () => {
  let reached = 0;
  const secret = await serve((_, response) => {
    reached++;
    response.end('secret');
  });
  const port = await serve((_, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${secret}/` }).end(),
  );
  const answer = egressTo(port).get(`http://127.0.0.1:${port}/`, never);
  await expect(answer).rejects.toMatchObject({ code: 'forbidden' });
  expect(reached).toBe(0);
});

test.each([
  'http://169.254.169.254/latest/',
  'file:///etc/passwd',
  'https://user:pw@example.com/',
  '//10.0.0.1/',
])('a redirect to %s is refused', async (location) => {
  const port = await serve((_, response) => response.writeHead(307, { location }).end());
  const answer = egressTo(port).get(`http://127.0.0.1:${port}/`, never);
  await expect(answer).rejects.toMatchObject({
    code: expect.stringMatching(/^(forbidden|invalid_request)$/),
  });
});

test('three redirects are followed, a fourth is not', async () => {
  const port = await serve((request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('there');
    else response.writeHead(301, { location: `/${left - 1}` }).end();
  });
  const egress = egressTo(port);
  expect((await egress.get(`http://127.0.0.1:${port}/3`, never)).url).toBe(`http://127.0.0.1:${port}/0`);
  await expect(egress.get(`http://127.0.0.1:${port}/4`, never)).rejects.toMatchObject({ code: 'forbidden' });
});

test('a name is resolved once, so that a second answer (rebinding) is never asked for', async () => {
  const port = await serve((request, response) => response.end(request.headers.host));
  const answers = [['127.0.0.1'], ['169.254.169.254']];
  let asked = 0;
  const resolve = async () => answers[asked++] ?? [];
  const response = await egressTo(port, { resolve }).get(`http://rebind.example:${port}/`, never);
  expect(Buffer.from(response.body).toString()).toBe(`rebind.example:${port}`);
  expect(asked).toBe(1);
});

test('a name that turns private by the time of a redirect is refused', async () => {
  const port = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
  const answers = [['127.0.0.1'], ['10.0.0.1']];
  const resolve = async () => answers.shift() ?? [];
  const answer = egressTo(port, { resolve }).get(`http://rebind.example:${port}/`, never);
  await expect(answer).rejects.toMatchObject({ code: 'forbidden' });
});

test('an endless body is cut, and the connection closed', async () => {
  let closed = false;
  const port = await serve((_, response) => {
    const chunk = Buffer.alloc(65_536, 'x');
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pour).on('close', () => {
      closed = true;
    });
    pour();
  });
  const response = await egressTo(port, { maxBytes: 100_000 }).get(`http://127.0.0.1:${port}/`, never);
  expect(response).toMatchObject({ status: 200, cut: true });
  expect(response.body.length).toBe(100_000);
  for (let waited = 0; !closed && waited < 100; waited++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(closed).toBe(true);
});

test('a server that dribbles or never answers is given up', async () => {
  const silent = await serve(() => undefined);
  const slow = await serve((_, response) => {
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  });
  for (const port of [silent, slow]) {
    const answer = egressTo(port, { timeoutMs: 150 }).get(`http://127.0.0.1:${port}/`, never);
    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
  }
});

test('a resolver that never answers is given up too', async () => {
  const egress = makeEgress({ timeoutMs: 50, resolve: () => new Promise(() => undefined) });
  await expect(egress.get('https://example.com/', never)).rejects.toMatchObject({ code: 'unavailable' });
});

test('whoever stops waiting hears his own reason', async () => {
  const port = await serve(() => undefined);
  const stop = new AbortController();
  const answer = egressTo(port).get(`http://127.0.0.1:${port}/`, stop.signal);
  setTimeout(() => stop.abort(new Error('stopped')), 30);
  await expect(answer).rejects.toThrow('stopped');
});

test('a closed port is an error with its code', async () => {
  const port = await serve(() => undefined);
  servers.splice(0)[0]?.close();
  const answer = egressTo(port).get(`http://127.0.0.1:${port}/`, never);
  await expect(answer).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('the certificate must be for the name, though the connection is to the address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=good.example', '-addext', 'subjectAltName=DNS:good.example'];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  execFileSync('openssl', [...request, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
  const ca = readFileSync(cert, 'utf8');
  const port = await listen(
    createTlsServer({ key: readFileSync(key), cert: ca }, (_, response) => response.end('safe')),
  );
  rmSync(folder, { recursive: true });
  const egress = egressTo(port, { ca, resolve: async () => ['127.0.0.1'] });
  const response = await egress.get(`https://good.example:${port}/`, never);
  expect(Buffer.from(response.body).toString()).toBe('safe');
  await expect(egress.get(`https://evil.example:${port}/`, never)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
  });
});
