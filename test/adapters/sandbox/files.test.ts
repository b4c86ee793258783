import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Box, bytes, isRoot, never, openBox, text } from './harness.ts';

/** The helper is the same under any user. */
const kind = isRoot ? 'uid' : 'process';

describe(kind, () => {
  let box: Box;
  const read = async (path: string) => text(await box.sandbox.readFile(path, never));
  const write = (path: string, content: string) => box.sandbox.writeFile(path, bytes(content), never);

  beforeAll(async () => {
    box = await openBox(kind, { fileTransferBytes: 1_000_000 });
    await box.run(
      `mkdir folder; echo text > file; mkfifo pipe; ln -s file good; ln -s folder into; ln -s /etc/passwd out
       ln -s / root; ln -s ../.. up; ln -s nowhere dangling; ln -s loop loop; ln -s /proc/self/environ proc
       head -c 2000000 /dev/zero > large; echo '#!/bin/sh' > script; chmod 751 script`,
    );
  });

  afterAll(() => box.close());

  test.each([
    ['absolute', '/etc/passwd', 'invalid_request'],
    ['the workspace’s own place, absolute', '/tmp', 'invalid_request'],
    ['parent', '../x', 'invalid_request'],
    ['parent in the middle', 'folder/../file', 'invalid_request'],
    ['NUL', 'file\0', 'invalid_request'],
    ['empty', '', 'invalid_request'],
    ['too long', 'x/'.repeat(3_000), 'invalid_request'],
    ['a name that is too long', 'x'.repeat(300), 'invalid_request'],
    ['symlink out', 'out', 'invalid_request'],
    ['through a symlink out', 'root/etc/passwd', 'invalid_request'],
    ['symlink up', 'up', 'invalid_request'],
    ['symlink into /proc', 'proc', 'invalid_request'],
    ['symlink to itself', 'loop', 'invalid_request'],
    ['folder', 'folder', 'invalid_request'],
    ['pipe', 'pipe', 'invalid_request'],
  ])('neither read nor written: %s', async (_, path, code) => {
    await expect(read(path)).rejects.toMatchObject({ code });
    await expect(write(path, 'x')).rejects.toMatchObject({ code });
  });

  test('what is missing is said to be', async () => {
    for (const path of ['nothing', 'file/below', 'dangling', 'folder/nothing'])
      await expect(read(path)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a symlink within the workspace is followed', async () => {
    expect(await read('good')).toBe('text\n');
    await write('into/new', 'there');
    expect(await read('folder/new')).toBe('there');
  });

  test('a symlink that leads nowhere is not written through', async () => {
    await expect(write('dangling', 'x')).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await box.sandbox.stat('nowhere', never)).toBeUndefined();
  });

  test('writing makes the folders, keeps the mode, and replaces the whole', async () => {
    expect(await write('a/b/c/d.txt', 'long content')).toEqual({ created: true });
    expect(await write('a/b/c/d.txt', 'short')).toEqual({ created: false });
    expect(await read('a/b/c/d.txt')).toBe('short');
    await write('script', '#!/bin/bash\n');
    expect(await box.sandbox.stat('script', never)).toEqual({ kind: 'file', bytes: 12, executable: true });
  });

  test.each([
    'with space',
    '-rf',
    '--help',
    'quote\'"`$(x)',
    'line\nbreak',
    'ünï/çödé/日本',
    '\\backslash\\',
    '*',
    '.hidden',
    'tab\t',
    '{"json":1}',
  ])('an odd name is a name like others: %j', async (name) => {
    await write(`odd/${name}`, name);
    expect(await read(`odd/${name}`)).toBe(name);
  });

  test('any bytes are kept', async () => {
    const content = new Uint8Array(256).map((_, index) => index);
    await box.sandbox.writeFile('bytes', content, never);
    expect(Uint8Array.from(await box.sandbox.readFile('bytes', never))).toEqual(content);
    await box.sandbox.writeFile('none', new Uint8Array(), never);
    expect((await box.sandbox.readFile('none', never)).length).toBe(0);
  });

  test('more than is taken at once is refused, in either direction', async () => {
    await expect(read('large')).rejects.toMatchObject({ code: 'payload_too_large' });
    await expect(write('x', 'x'.repeat(1_000_001))).rejects.toMatchObject({ code: 'payload_too_large' });
    expect((await box.sandbox.writeFile('y', new Uint8Array(1_000_000), never)).created).toBe(true);
  });

  test('stat shows what is there and does not follow a symlink', async () => {
    expect(await box.sandbox.stat('out', never)).toMatchObject({ kind: 'symlink' });
    expect(await box.sandbox.stat('folder', never)).toEqual({ kind: 'folder', bytes: 0, executable: false });
    expect(await box.sandbox.stat('pipe', never)).toMatchObject({ kind: 'other' });
    expect(await box.sandbox.stat('file/below', never)).toBeUndefined();
    await expect(box.sandbox.stat('root/etc', never)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('a list shows levels, targets and where it stops', async () => {
    await box.run(
      'mkdir -p list/one/two/three list/node_modules/x; touch list/z list/one/a; ln -s /etc list/etc',
    );
    const list = (more: object) =>
      box.sandbox.listFiles({ path: 'list', depth: 9, limit: 100, ...more }, never);
    const paths = async (more: object) => (await list(more)).entries.map(({ path }) => path);
    expect(await paths({ depth: 1 })).toEqual(['list/etc', 'list/node_modules', 'list/one', 'list/z']);
    expect(await paths({ closed: ['node_modules'] })).toEqual([
      'list/etc',
      'list/node_modules',
      'list/one',
      'list/one/a',
      'list/one/two',
      'list/one/two/three',
      'list/z',
    ]);
    expect(await list({ limit: 2 })).toMatchObject({
      more: true,
      entries: [{ target: '/etc' }, { kind: 'folder' }],
    });
    await expect(list({ path: 'list/etc' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(list({ path: 'file' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('names that are not UTF-8 are shown, and their folder can be listed', async () => {
    await box.run("mkdir raw; touch raw/$'\\xff\\xfe'; touch raw/ok");
    const { entries } = await box.sandbox.listFiles({ path: 'raw', depth: 1, limit: 10 }, never);
    expect(entries.map(({ path }) => path)).toEqual(['raw/ok', 'raw/\\xff\\xfe']);
  });

  test('whoever stops waiting hears his own reason', async () => {
    const stop = new AbortController();
    const reading = box.sandbox.readFile('file', stop.signal);
    stop.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow('stopped');
    expect(await read('file')).toBe('text\n');
  });
});
