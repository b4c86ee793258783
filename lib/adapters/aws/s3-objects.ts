import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Objects } from '#core/ports/objects.ts';
import { maxAttempts } from './clients.ts';

/** Part of the signature and not of the address: so the one who uses it sends exactly these. */
const unhoistableHeaders = new Set([
  'x-amz-checksum-sha256',
  'x-amz-sdk-checksum-algorithm',
  'if-none-match',
]);

function toBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function toHex(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');
}

/**
 * The bucket. `WHEN_REQUIRED`: the SDK's own CRC32 would become part of a presigned address, for a body that
 * it has not seen.
 */
export function makeS3Objects(
  Bucket: string,
  client = new S3Client({ maxAttempts, requestChecksumCalculation: 'WHEN_REQUIRED' }),
): Objects {
  return {
    async put(Key, Body, ContentType) {
      await client.send(
        new PutObjectCommand({ Bucket, Key, Body, ContentType, ChecksumAlgorithm: 'SHA256' }),
      );
    },
    async putOnce(Key, Body, ContentType) {
      const once = { IfNoneMatch: '*', ChecksumAlgorithm: 'SHA256' } as const;
      try {
        await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, ...once }));
        return 'stored';
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return 'exists';
        throw error;
      }
    },
    async get(Key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        return await Body?.transformToString('utf-8');
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async head(Key) {
      try {
        const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
        return { bytes: head.ContentLength ?? 0, sha256: toHex(head.ChecksumSHA256) };
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async list(Prefix, MaxKeys) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys }));
      return Contents.map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size }));
    },
    presignGet(Key, expiresIn) {
      return getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), { expiresIn });
    },
    async presignPut(Key, { sha256, bytes }, expiresIn, once) {
      const headers: Record<string, string> = {
        'x-amz-checksum-sha256': toBase64(sha256),
        // S3 sees by the checksum which one it is; other stores keep it only where the algorithm is named.
        'x-amz-sdk-checksum-algorithm': 'SHA256',
        'content-length': String(bytes),
        ...(once ? { 'if-none-match': '*' } : {}),
      };
      const command = new PutObjectCommand({
        Bucket,
        Key,
        ContentLength: bytes,
        ChecksumAlgorithm: 'SHA256',
        ChecksumSHA256: toBase64(sha256),
        ...(once ? { IfNoneMatch: '*' } : {}),
      });
      const url = await getSignedUrl(client, command, {
        expiresIn,
        unhoistableHeaders,
        signableHeaders: new Set(['host', ...Object.keys(headers)]),
      });
      return { url, headers };
    },
    uri: (key) => `s3://${Bucket}/${key}`,
  };
}
