import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { type LocalServer, type ServerOptions, startServer } from '../../../lib/local/server.ts';
import type { LocalPrincipal, LocalService } from '../../../lib/local/service.ts';

export const REGION = 'us-east-1';
export const CREDENTIALS = { accessKeyId: 'MUSTERTESTKEY', secretAccessKey: 'test-secret' };

export const CLIENT: LocalPrincipal = {
  ...CREDENTIALS,
  arn: 'arn:aws:iam::000000000000:user/client',
  label: 'client',
};

/** A server of its own for a test file, with one principal. */
export async function serveLocally(
  services: Record<string, LocalService>,
  options: Partial<ServerOptions> = {},
): Promise<LocalServer> {
  return startServer({
    port: 0,
    services: new Map(Object.entries(services)),
    principals: (accessKeyId) => (accessKeyId === CLIENT.accessKeyId ? CLIENT : undefined),
    ...options,
  });
}

/** What every SDK client needs to talk to a local server. */
export function clientOptions(server: LocalServer) {
  return { endpoint: server.url, region: REGION, credentials: CREDENTIALS, maxAttempts: 1 };
}

export interface SignInput {
  method?: string;
  path?: string;
  query?: Record<string, string>;
  service?: string;
  headers?: Record<string, string>;
  body?: string;
  signingDate?: Date;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** A request signed by the SDK's own signer, ready for fetch. */
export async function sign(server: LocalServer, input: SignInput) {
  const service = input.service ?? 'execute-api';
  const signer = new SignatureV4({
    service,
    region: REGION,
    credentials: input.credentials ?? CREDENTIALS,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const { method = 'GET', path = '/', query = {}, body } = input;
  const signed = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: server.port,
      path,
      query,
      headers: { host: `127.0.0.1:${server.port}`, ...input.headers },
      ...(body === undefined ? {} : { body }),
    },
    input.signingDate ? { signingDate: input.signingDate } : {},
  );
  const search = new URLSearchParams(query).toString();
  const url = `${server.url}${path}${search === '' ? '' : `?${search}`}`;
  return { url, init: { method, headers: signed.headers, ...(body === undefined ? {} : { body }) } };
}

export async function signedFetch(server: LocalServer, input: SignInput): Promise<Response> {
  const { url, init } = await sign(server, input);
  return fetch(url, init);
}

/** A folder that is gone after the test file. */
export async function makeTempDir(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-local-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
