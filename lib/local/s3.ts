import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { listObjectsXml } from './s3-list.ts';
import { type ObjectMeta, ObjectStore } from './s3-objects.ts';
import type { AwsRequest, AwsResponse, LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

export interface S3Service extends LocalService {
  /** Idempotent. */
  ensureBucket(name: string): void;
}

type Handler = (store: ObjectStore, call: S3Call) => AwsResponse;

interface S3Call {
  bucket: string;
  key: string;
  query: URLSearchParams;
  /** With the `x-amz-…` parameters of a presigned address, which S3 reads like headers. */
  headers: Record<string, string>;
  body: Buffer;
}

const maxKeyBytes = 1024;
const storedHeaders = /^(content-(type|encoding|disposition|language)|cache-control|expires|x-amz-meta-.+)$/;
const digests: Record<string, (body: Buffer) => Buffer> = {
  'content-md5': (body) => createHash('md5').update(body).digest(),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest(),
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest(),
  'x-amz-checksum-crc32': (body) => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(crc32(body));
    return value;
  },
};
/** Asking for what would silently not happen is refused: copies, tags, locks, grants, other checksums … */
const heededHeaders =
  /^x-amz-(date|content-sha256|user-agent|meta-.+|checksum-(mode|sha256|sha1|crc32)|sdk-checksum-algorithm)$/;
const objectOperations: Record<string, string> = {
  PUT: 'PutObject',
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};
const listParameters = ['list-type', 'prefix', 'continuation-token', 'max-keys', 'encoding-type'];

const handlers: Record<string, Handler> = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: (store, { bucket, key }) => {
    store.remove(bucket, key);
    return { status: 204, headers: {} };
  },
  ListObjectsV2: (store, { bucket, query }) => {
    const body = listObjectsXml(bucket, query, store.list(bucket));
    return { status: 200, headers: { 'content-type': 'application/xml' }, body };
  },
};

/** The operation that a call means; where this S3 has no such operation, what was asked for. */
export function s3OperationOf(request: Pick<AwsRequest, 'method' | 'rawPath' | 'query'>): string {
  const { method, rawPath, query } = request;
  const [, , ...key] = rawPath.split('/');
  const level = key.join('/') === '' ? 'bucket' : 'object';
  const parameters = [...query.keys()].filter((name) => !/^x-/i.test(name));
  const isList = level === 'bucket' && method === 'GET' && query.get('list-type') === '2';
  if (isList && parameters.every((name) => listParameters.includes(name))) return 'ListObjectsV2';
  const operation = level === 'object' && parameters.length === 0 ? objectOperations[method] : undefined;
  return operation ?? [method, level, ...parameters].join(' ');
}

/** S3 on files: the operations that Muster uses, path style. */
export function startS3(options: { dir: string }): S3Service {
  const store = new ObjectStore(options.dir);
  return {
    ensureBucket: (name) => store.addBucket(name),
    async handle(request) {
      const call = readCall(request);
      const handler = handlers[request.operation];
      const unheeded = Object.keys(call.headers).find(
        (name) => name.startsWith('x-amz-') && !heededHeaders.test(name),
      );
      if (!handler || unheeded !== undefined) {
        const message = `The local S3 does not implement ${unheeded ?? request.operation}`;
        throw new ServiceFault(501, 'NotImplemented', message);
      }
      if (!store.hasBucket(call.bucket))
        throw new ServiceFault(404, 'NoSuchBucket', 'The specified bucket does not exist');
      return handler(store, call);
    },
  };
}

function readCall({ rawPath, query, headers, body }: AwsRequest): S3Call {
  const [, bucket = '', ...rest] = rawPath.split('/');
  const key = decodeKey(rest.join('/'));
  if (Buffer.byteLength(key) > maxKeyBytes)
    throw new ServiceFault(400, 'KeyTooLongError', `Your key is longer than ${maxKeyBytes} bytes`);
  const hoisted = [...query].filter(([name]) => name.startsWith('x-amz-'));
  return { bucket, key, query, headers: { ...Object.fromEntries(hoisted), ...headers }, body };
}

function decodeKey(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new ServiceFault(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}

function putObject(store: ObjectStore, { bucket, key, headers, body }: S3Call): AwsResponse {
  if (headers['if-match'] !== undefined || (headers['if-none-match'] ?? '*') !== '*')
    throw new ServiceFault(501, 'NotImplemented', 'The local S3 knows no condition but If-None-Match: *');
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  const meta: ObjectMeta = {
    key,
    size: body.length,
    etag,
    lastModified: new Date().toISOString(),
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => storedHeaders.test(name))),
    checksums: verifiedChecksums(body, headers),
  };
  if (!store.put(bucket, meta, body, headers['if-none-match'] !== undefined)) {
    const message = 'At least one of the pre-conditions you specified did not hold';
    throw new ServiceFault(412, 'PreconditionFailed', message);
  }
  return { status: 200, headers: { etag, ...meta.checksums } };
}

/** Refuses bytes that differ from what the sender promised. */
function verifiedChecksums(body: Buffer, headers: Record<string, string>): Record<string, string> {
  const checksums: Record<string, string> = {};
  for (const [name, digest] of Object.entries(digests)) {
    const promised = headers[name];
    if (promised === undefined) continue;
    if (digest(body).toString('base64') !== promised)
      throw new ServiceFault(400, 'BadDigest', `The ${name} you specified did not match what we received`);
    if (name.startsWith('x-amz-')) checksums[name] = promised;
  }
  return checksums;
}

function getObject(store: ObjectStore, call: S3Call): AwsResponse {
  const found = store.get(call.bucket, call.key);
  if (!found) throw new ServiceFault(404, 'NoSuchKey', 'The specified key does not exist.');
  const { meta, body } = found;
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(call.headers.range ?? '') ?? [];
  if (from === undefined) return { status: 200, headers: objectHeaders(meta, call), body };
  const end = Math.min(Number(to || body.length - 1), body.length - 1);
  if (Number(from) > end)
    throw new ServiceFault(416, 'InvalidRange', 'The requested range is not satisfiable');
  // Without the checksums, which are the whole object's: clients would compare them with the part.
  const headers = {
    ...objectHeaders({ ...meta, checksums: {} }, call),
    'content-range': `bytes ${from}-${end}/${body.length}`,
  };
  return { status: 206, headers, body: body.subarray(Number(from), end + 1) };
}

function headObject(store: ObjectStore, call: S3Call): AwsResponse {
  const found = store.get(call.bucket, call.key);
  if (!found) throw new ServiceFault(404, 'NotFound', 'Not Found');
  return { status: 200, headers: objectHeaders(found.meta, call) };
}

function objectHeaders(meta: ObjectMeta, { headers }: S3Call): Record<string, string> {
  return {
    'content-type': 'binary/octet-stream',
    ...meta.headers,
    ...(headers['x-amz-checksum-mode'] === 'ENABLED'
      ? { ...meta.checksums, 'x-amz-checksum-type': 'FULL_OBJECT' }
      : {}),
    'content-length': String(meta.size),
    'accept-ranges': 'bytes',
    'last-modified': new Date(meta.lastModified).toUTCString(),
    etag: meta.etag,
  };
}
