import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PresignedPut } from '#core/ports/objects.ts';
import { MemoryObjects } from '../../fakes/memory-objects.ts';
import { describePorts } from './contract.ts';
import { type LocalAws, type StoredObjects, startLocalAws } from './local-aws.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const contentOf = (text: string) => ({ sha256: sha256(text), bytes: Buffer.byteLength(text) });

async function upload({ url, headers }: PresignedPut, body: string): Promise<number> {
  const { 'content-length': _, ...rest } = headers;
  return (await fetch(url, { method: 'PUT', headers: rest, body })).status;
}

describePorts('objects', (ports) => {
  it('are read back with size and digest', async () => {
    const { objects } = ports();
    await objects.put('a/b.json', '{"ü":1}', 'application/json');
    expect(await objects.get('a/b.json')).toBe('{"ü":1}');
    expect(await objects.head('a/b.json')).toEqual({ bytes: 8, sha256: sha256('{"ü":1}') });
    expect(await objects.get('a/c.json')).toBeUndefined();
    expect(await objects.head('a/c.json')).toBeUndefined();
  });

  it('are written once where that is asked for, and then stay as they are', async () => {
    const { objects } = ports();
    expect(await objects.putOnce('a/b.json', '{"n":1}', 'application/json')).toBe('stored');
    expect(await objects.putOnce('a/b.json', '{"n":2}', 'application/json')).toBe('exists');
    expect(await objects.get('a/b.json')).toBe('{"n":1}');
  });

  it('are gone once they are removed, which may be said twice', async () => {
    const { objects } = ports();
    await objects.put('a/b.json', '{}', 'application/json');
    await objects.remove('a/b.json');
    await objects.remove('a/b.json');
    expect(await objects.head('a/b.json')).toBeUndefined();
  });

  it('are listed by prefix, in order, so many at most', async () => {
    const { objects } = ports();
    for (const key of ['a/2', 'a/1', 'b/1']) await objects.put(key, 'xy', 'text/plain');
    expect(await objects.list('a/', 10)).toEqual([
      { key: 'a/1', bytes: 2 },
      { key: 'a/2', bytes: 2 },
    ]);
    expect(await objects.list('a/', 1)).toEqual([{ key: 'a/1', bytes: 2 }]);
  });
});

describe('a presigned address in memory', () => {
  it('takes exactly its content, once', async () => {
    const objects = new MemoryObjects();
    const put = await objects.presignPut('a/result.json', contentOf('one'), 300, true);
    expect(objects.putTo(put, 'two')).toBe('refused');
    expect(objects.putTo(put, 'one')).toBe('stored');
    expect(objects.putTo(put, 'one')).toBe('exists');
    expect(await objects.head('a/result.json')).toEqual(contentOf('one'));
  });
});

describe('a presigned address on AWS', () => {
  let aws: LocalAws;
  let objects: StoredObjects;
  beforeAll(async () => {
    aws = await startLocalAws();
  });
  beforeEach(async () => {
    ({ objects } = await aws.fresh());
  });
  afterAll(() => aws.close());

  it('takes exactly its content, once [A3]', async () => {
    const put = await objects.presignPut('a/result.json', contentOf('one'), 300, true);
    expect(await upload(put, 'two')).toBe(400);
    expect(await upload(put, 'one')).toBe(200);
    expect(await upload(put, 'one')).toBe(412);
    expect(await objects.head('a/result.json')).toEqual(contentOf('one'));
  });

  it('takes the same content again where it is not for once only', async () => {
    const put = await objects.presignPut('a/input', contentOf('one'), 300, false);
    expect([await upload(put, 'one'), await upload(put, 'one')]).toEqual([200, 200]);
  });

  it('is refused without the digest that it was signed for', async () => {
    const { url } = await objects.presignPut('a/result.json', contentOf('one'), 300, true);
    expect((await fetch(url, { method: 'PUT', body: 'one' })).status).toBe(403);
  });

  it('gives what is stored', async () => {
    await objects.put('a/b', 'hello', 'text/plain');
    const response = await fetch(await objects.presignGet('a/b', 300));
    expect(await response.text()).toBe('hello');
  });
});
