import { createHash } from 'node:crypto';
import { decodeBody, S3Fault } from './s3-body.ts';
import type { ObjectMeta, ObjectStore, PutCondition } from './s3-objects.ts';
import type { AwsResponse } from './service.ts';

/** One S3 call, path and headers read. */
export interface S3Call {
  store: ObjectStore;
  region: string;
  method: string;
  bucket: string;
  key: string;
  query: URLSearchParams;
  /** With the `x-amz-…` parameters of a presigned address, which S3 reads like headers. */
  headers: Record<string, string>;
  body: Buffer;
}

const STORED_HEADERS = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
];
/** Parameters of a presigned download that replace a stored header. */
export const HEADER_OVERRIDES =
  /^response-(content-type|content-disposition|content-encoding|content-language|cache-control)$/;

export async function putObject(call: S3Call): Promise<AwsResponse> {
  const { body, checksums } = decodeBody(call.body, call.headers);
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  const meta: ObjectMeta = {
    key: call.key,
    size: body.length,
    etag,
    lastModified: new Date().toISOString(),
    headers: storedHeaders(call.headers),
    checksums,
  };
  if (!(await call.store.put(call.bucket, meta, body, putCondition(call.headers)))) {
    throw new S3Fault(
      412,
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
    );
  }
  return { status: 200, headers: { etag, ...checksumHeaders(meta) } };
}

function putCondition(headers: Record<string, string>): PutCondition {
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new S3Fault(501, 'NotImplemented', 'If-None-Match of a PutObject can only be *');
  }
  if (ifNoneMatch !== undefined) return { ifNoneMatch };
  const ifMatch = headers['if-match'];
  return ifMatch === undefined ? undefined : { ifMatch: `"${ifMatch.replaceAll('"', '')}"` };
}

function storedHeaders(headers: Record<string, string>): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name]) => STORED_HEADERS.includes(name) || name.startsWith('x-amz-meta-'),
  );
  const stored = Object.fromEntries(kept);
  const encodings = (stored['content-encoding'] ?? '').split(',').map((part) => part.trim());
  const encoding = encodings.filter((part) => part !== '' && part !== 'aws-chunked').join(',');
  delete stored['content-encoding'];
  return {
    'content-type': 'binary/octet-stream',
    ...stored,
    ...(encoding === '' ? {} : { 'content-encoding': encoding }),
  };
}

export async function getObject(call: S3Call): Promise<AwsResponse> {
  const found = await call.store.get(call.bucket, call.key);
  if (!found) throw new S3Fault(404, 'NoSuchKey', 'The specified key does not exist.');
  const headers = objectHeaders(found.meta, call);
  if (call.headers['if-none-match'] === found.meta.etag) return { status: 304, headers };
  const range = readRange(call.headers.range, found.body.length);
  if (!range) return { status: 200, headers, body: found.body };
  const body = found.body.subarray(range.start, range.end + 1);
  const contentRange = `bytes ${range.start}-${range.end}/${found.body.length}`;
  // Without the checksums, which are the whole object's: clients would compare them with the part.
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-'));
  return { status: 206, headers: { ...Object.fromEntries(kept), 'content-range': contentRange }, body };
}

function readRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const suffix = match[1] === '';
  const start = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start > end) throw new S3Fault(416, 'InvalidRange', 'The requested range is not satisfiable');
  return { start, end };
}

export function headObject(call: S3Call): AwsResponse {
  const meta = call.store.head(call.bucket, call.key);
  if (!meta) throw new S3Fault(404, 'NotFound', 'Not Found');
  return { status: 200, headers: objectHeaders(meta, call) };
}

export function deleteObject({ store, bucket, key }: S3Call): AwsResponse {
  store.delete(bucket, key);
  return { status: 204 };
}

function objectHeaders(meta: ObjectMeta, call: S3Call): Record<string, string> {
  const overrides = [...call.query].flatMap(([name, value]) => {
    const header = HEADER_OVERRIDES.exec(name)?.[1];
    return header === undefined ? [] : [[header, value] as const];
  });
  return {
    ...meta.headers,
    ...Object.fromEntries(overrides),
    ...(call.headers['x-amz-checksum-mode'] === 'ENABLED' ? checksumHeaders(meta) : {}),
    'content-length': String(meta.size),
    'accept-ranges': 'bytes',
    'last-modified': new Date(meta.lastModified).toUTCString(),
    etag: meta.etag,
  };
}

function checksumHeaders(meta: ObjectMeta): Record<string, string> {
  const checksums = Object.entries(meta.checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value]);
  return checksums.length === 0
    ? {}
    : { ...Object.fromEntries(checksums), 'x-amz-checksum-type': 'FULL_OBJECT' };
}
