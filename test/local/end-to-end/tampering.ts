import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Reachable } from './client.ts';

export interface PlainRequest {
  method: string;
  path: string;
  body?: string;
}

export interface Change {
  /** Sent instead of what was signed. */
  path?: string;
  body?: string;
  /** The signer's clock; default now. */
  atMs?: number;
}

/** Signs one request and sends another, or one that is dated otherwise. */
export async function sendSigned(at: Reachable, request: PlainRequest, change: Change): Promise<Response> {
  const { host, hostname, port } = new URL(at.url);
  const { method, path, body = '' } = request;
  const signer = new SignatureV4({
    credentials: at.clientCredentials,
    region: at.region,
    service: 'execute-api',
    sha256: Sha256,
  });
  const { headers } = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname,
      port: Number(port),
      path,
      headers: { host, 'content-type': 'application/json' },
      body,
    },
    { signingDate: new Date(change.atMs ?? Date.now()) },
  );
  return fetch(at.url + (change.path ?? path), { method, headers, body: change.body ?? body });
}
