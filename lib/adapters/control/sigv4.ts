import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials only. */
  sessionToken?: string | undefined;
}

export interface SignedRequest {
  url: string | URL;
  /** Default `GET`. */
  method?: string;
  body?: string | undefined;
  headers?: Record<string, string>;
  credentials: AwsCredentials;
  region: string;
  /** Of the credential scope; default `execute-api`. */
  service?: string;
  signal?: AbortSignal | undefined;
  /** Default: the global `fetch`. */
  fetch?: typeof fetch;
}

/** Signs with SigV4 in the headers, and sends. Throws what `fetch` throws. */
export async function signedFetch(request: SignedRequest): Promise<Response> {
  const url = new URL(request.url);
  const signed = await signRequest(url, request);
  const send = request.fetch ?? fetch;
  return send(url, {
    method: signed.method,
    headers: signed.headers,
    body: request.body ?? null,
    // A signed request belongs to the host that it was signed for.
    redirect: 'error',
    signal: request.signal ?? null,
  });
}

/** The headers that let a request in whose body is empty; for what sends it by itself. */
export async function signHeaders(
  request: Pick<SignedRequest, 'url' | 'credentials' | 'region'>,
): Promise<Record<string, string>> {
  return (await signRequest(new URL(request.url), request)).headers;
}

async function signRequest(url: URL, request: SignedRequest) {
  const signer = new SignatureV4({
    credentials: toIdentity(request.credentials),
    region: request.region,
    service: request.service ?? 'execute-api',
    sha256: NodeSha256,
  });
  const { headers, method } = await signer.sign({
    method: request.method ?? 'GET',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: readQuery(url),
    headers: { ...request.headers, host: url.host },
    body: request.body,
  });
  // `fetch` sets it itself, to the same value, and refuses it from callers.
  const { host: _, ...rest } = headers;
  return { method, headers: rest };
}

function toIdentity({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function readQuery(url: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) query[name] = url.searchParams.getAll(name);
  return query;
}

type Data = string | ArrayBuffer | ArrayBufferView;

/** The signer's hash on Node's own crypto: faster than one in JavaScript, and nothing more to load. */
class NodeSha256 {
  readonly #secret: Data | undefined;
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: Data) {
    this.#secret = secret;
    this.#hash = makeHash(secret);
  }

  update(data: Data): void {
    this.#hash.update(toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = makeHash(this.#secret);
  }
}

function makeHash(secret: Data | undefined) {
  return secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(secret));
}

function toBytes(data: Data): Uint8Array | string {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
