import { createHash } from 'node:crypto';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startS3 } from '../../../lib/local/s3.ts';
import type { LocalServer } from '../../../lib/local/server.ts';
import { clientOptions, makeTempDir, serveLocally, signedFetch } from './harness.ts';

const Bucket = 'results';
const ODD_KEYS = [
  'with space',
  'ünï/日本',
  'a/../b',
  '../../etc/passwd',
  'x%2fy',
  'a+b&c=d?e#f',
  "~!*()'",
  'a//b',
  'folder/',
  `long/${'k'.repeat(1019)}`,
];

const temp = await makeTempDir();
let now = Date.now();
let server: LocalServer;
let client: S3Client;

beforeAll(async () => {
  const s3 = startS3({ dir: temp.dir });
  s3.ensureBucket(Bucket);
  server = await serveLocally({ s3 }, { now: () => now });
  client = new S3Client({ ...clientOptions(server), requestChecksumCalculation: 'WHEN_REQUIRED' });
});

afterAll(async () => {
  client.destroy();
  await server.close();
  await temp.remove();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
const read = async (Key: string) =>
  (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

const UNHOISTABLE = new Set(['if-none-match', 'x-amz-checksum-sha256']);

function presignResult(Key: string, body: string): Promise<string> {
  const command = new PutObjectCommand({ Bucket, Key, IfNoneMatch: '*', ChecksumSHA256: sha256(body) });
  return getSignedUrl(client, command, { expiresIn: 300, unhoistableHeaders: UNHOISTABLE });
}

const upload = (url: string, body: string, checksum = sha256(body)) =>
  fetch(url, { method: 'PUT', body, headers: { 'if-none-match': '*', 'x-amz-checksum-sha256': checksum } });

describe('the local S3', () => {
  it('gives back what was put, with its metadata', async () => {
    const Metadata = { attempt: '1' };
    const input = { Bucket, Key: 'a', Body: 'hello', ContentType: 'text/plain', Metadata };
    await client.send(new PutObjectCommand({ ...input, ChecksumSHA256: sha256('hello') }));
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({
      ContentLength: 5,
      ContentType: 'text/plain',
      Metadata: { attempt: '1' },
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ChecksumSHA256: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=',
      ChecksumType: 'FULL_OBJECT',
    });
    expect(await read('a')).toBe('hello');
    const range = await client.send(new GetObjectCommand({ Bucket, Key: 'a', Range: 'bytes=1-2' }));
    expect(await range.Body?.transformToString()).toBe('el');
  });

  it('lets exactly one of fifty racing writers create an object', async () => {
    const writes = Array.from({ length: 50 }, (_, i) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'race', Body: `writer ${i}`, IfNoneMatch: '*' })),
    );
    const settled = await Promise.allSettled(writes);
    const winner = settled.findIndex(({ status }) => status === 'fulfilled');
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(
      settled.filter((write) => write.status === 'rejected' && write.reason.name === 'PreconditionFailed'),
    ).toHaveLength(49);
    expect(await read('race')).toBe(`writer ${winner}`);
  });

  it('refuses bytes that differ from their checksum', async () => {
    const wrong = new PutObjectCommand({
      Bucket,
      Key: 'wrong',
      Body: 'hello',
      ChecksumSHA256: sha256('other'),
    });
    await expect(client.send(wrong)).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(read('wrong')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('refuses a streamed body rather than to keep its chunk framing', async () => {
    const response = await signedFetch(server, {
      method: 'PUT',
      service: 's3',
      path: `/${Bucket}/streamed`,
      headers: { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
      body: '3\r\nabc\r\n0\r\n\r\n',
    });
    expect(response.status).toBe(501);
    await expect(read('streamed')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it.each(ODD_KEYS)('keeps the key %j as it is', async (key) => {
    await put(key, key);
    expect(await read(key)).toBe(key);
    const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: key }));
    expect(listed.Contents?.map((entry) => entry.Key)).toEqual([key]);
  });

  it('refuses a key of more than 1024 bytes', async () => {
    await expect(put('k'.repeat(1025), 'x')).rejects.toMatchObject({ name: 'KeyTooLongError' });
  });

  it('lists by pages and prefix', async () => {
    for (const key of ['p/1', 'p/2', 'p/sub/3', 'p/sub/4', 'p/z', 'q']) await put(key, key);
    const pages: unknown[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'p/', MaxKeys: 2, ContinuationToken }),
      );
      pages.push(page.Contents?.map((entry) => entry.Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(pages).toEqual([['p/1', 'p/2'], ['p/sub/3', 'p/sub/4'], ['p/z']]);
  });

  it('takes a presigned result once, and only with the bytes that were signed for', async () => {
    const url = await presignResult('result.json', '{"ok":true}');
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe(
      'host;if-none-match;x-amz-checksum-sha256',
    );
    expect((await upload(url, '{"ok":false}', sha256('{"ok":true}'))).status).toBe(400);
    expect((await upload(url, '{"ok":false}')).status).toBe(403);
    expect((await fetch(url, { method: 'PUT', body: '{"ok":true}' })).status).toBe(403);
    expect((await upload(url, '{"ok":true}')).status).toBe(200);
    expect((await upload(url, '{"ok":true}')).status).toBe(412);
    expect(await read('result.json')).toBe('{"ok":true}');
  });

  it('refuses presigned addresses that were tampered with or have expired', async () => {
    await put('shared', 'shared');
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'shared' }), {
      expiresIn: 300,
    });
    expect(await (await fetch(url)).text()).toBe('shared');
    expect((await fetch(url.replace('/shared?', '/race?'))).status).toBe(403);
    expect((await fetch(url.replace('X-Amz-Expires=300', 'X-Amz-Expires=301'))).status).toBe(403);
    expect((await fetch(`${url}0`)).status).toBe(403);
    // By the clock that signed: this file may have taken a while to come here.
    now = Date.now() + 301_000;
    const late = await fetch(url);
    now = Date.now();
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
  });

  it('deletes an object once and for all, and does not mind that there is none', async () => {
    await put('gone', 'gone');
    for (let times = 0; times < 2; times++) {
      const { $metadata } = await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
      expect($metadata.httpStatusCode).toBe(204);
    }
    await expect(read('gone')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('answers 501 to what it does not do, and keeps the object', async () => {
    await put('kept', 'kept');
    const tag = new PutObjectTaggingCommand({ Bucket, Key: 'kept', Tagging: { TagSet: [] } });
    await expect(client.send(tag)).rejects.toMatchObject({ name: 'NotImplemented' });
    const ifMatch = new PutObjectCommand({ Bucket, Key: 'kept', Body: 'other', IfMatch: '"x"' });
    await expect(client.send(ifMatch)).rejects.toMatchObject({ name: 'NotImplemented' });
    const folders = client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
    await expect(folders).rejects.toMatchObject({ name: 'NotImplemented' });
    const multipart = client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'kept' }));
    await expect(multipart).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
    expect(await read('kept')).toBe('kept');
  });

  it('serves what another process left in the folder', async () => {
    await put('durable', 'durable');
    const second = startS3({ dir: temp.dir });
    second.ensureBucket(Bucket);
    const other = await serveLocally({ s3: second });
    const reader = new S3Client(clientOptions(other));
    const listed = await reader.send(new ListObjectsV2Command({ Bucket, Prefix: 'durable' }));
    expect(listed.Contents?.map((entry) => entry.Key)).toEqual(['durable']);
    reader.destroy();
    await other.close();
  });
});
