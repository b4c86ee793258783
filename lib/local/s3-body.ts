import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A refusal as S3 reports it. */
export class S3Fault extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const CHECKSUMS: Record<string, (body: Buffer) => Buffer> = {
  sha256: (body) => createHash('sha256').update(body).digest(),
  sha1: (body) => createHash('sha1').update(body).digest(),
  crc32: (body) => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(crc32(body));
    return value;
  },
};

/** Headers that share the prefix of the checksums. */
const NOT_CHECKSUMS = ['mode', 'type', 'algorithm'];

export interface DecodedBody {
  body: Buffer;
  /** Base64 by algorithm, each compared with the bytes. */
  checksums: Record<string, string>;
}

/** Unwraps aws-chunked bodies and refuses bytes that differ from what the sender promised. */
export function decodeBody(raw: Buffer, headers: Record<string, string>): DecodedBody {
  const chunked = headers['x-amz-content-sha256']?.startsWith('STREAMING-') ?? false;
  const { body, trailers } = chunked ? decodeChunks(raw) : { body: raw, trailers: {} };
  const declaredLength = headers['x-amz-decoded-content-length'];
  if (chunked && declaredLength !== undefined && Number(declaredLength) !== body.length) {
    throw new S3Fault(400, 'IncompleteBody', 'The body is not as long as x-amz-decoded-content-length says');
  }
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
    throw new S3Fault(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received');
  }
  return { body, checksums: verifyChecksums(body, { ...headers, ...trailers }) };
}

function verifyChecksums(body: Buffer, headers: Record<string, string>): Record<string, string> {
  const checksums: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const algorithm = /^x-amz-checksum-([a-z0-9]+)$/.exec(name)?.[1];
    if (algorithm === undefined || NOT_CHECKSUMS.includes(algorithm)) continue;
    const digest = CHECKSUMS[algorithm];
    if (!digest) throw new S3Fault(501, 'NotImplemented', `Checksum ${algorithm} is not verified here`);
    if (digest(body).toString('base64') !== value) {
      const label = algorithm.toUpperCase();
      throw new S3Fault(
        400,
        'BadDigest',
        `The ${label} you specified did not match the calculated checksum.`,
      );
    }
    checksums[algorithm] = value;
  }
  return checksums;
}

function decodeChunks(raw: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(raw.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + 2;
    if (Number.isNaN(size) || start + size > raw.length) {
      throw new S3Fault(400, 'IncompleteBody', 'The aws-chunked body ends too early');
    }
    if (size === 0)
      return { body: Buffer.concat(chunks), trailers: readTrailers(raw.toString('latin1', start)) };
    chunks.push(raw.subarray(start, start + size));
    at = start + size + 2;
  }
}

function readTrailers(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}
