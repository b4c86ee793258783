import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { padding, type TarEntry, tarHeader } from '../../../lib/adapters/sandbox/helper/tar-header.ts';
import { type Box, bytes, isRoot, kinds, never, openBox, testAsRoot, text } from './harness.ts';

const kind = isRoot ? 'uid' : 'process';
let box: Box;

beforeAll(async () => {
  box = await openBox(kind, { workspaceBytes: 2_000_000, workspaceFiles: 1_500 });
});

beforeEach(() => {
  for (const name of readdirSync(box.work, { encoding: 'buffer' }))
    rmSync(Buffer.concat([Buffer.from(`${box.work}/`), name]), { recursive: true, force: true });
});

afterAll(() => box.close());

const save = () => box.sandbox.save(never);
const restore = (archive: Uint8Array) => box.sandbox.restore(archive, never);

describe.each(kinds)('%s', (each) => {
  test('a workspace comes back as it was, whatever its files are', async () => {
    const other = await openBox(each);
    await other.run(
      `mkdir -p src/deep empty; printf 'a\\nb' > src/a.txt; head -c 70000 /dev/urandom > src/deep/random; touch none
       echo x > run; chmod 751 run; ln -s src/a.txt inner; ln -s /usr/bin/python3 outer; ln -s gone broken
       mkdir closed; echo y > closed/file; chmod 555 closed; ln src/a.txt hard; chmod 400 none`,
    );
    const snapshot = await other.sandbox.save(never);
    const before = (
      await other.run('find . -type f -exec sha256sum {} + | sort; find . -printf "%P %y %m %l\\n" | sort')
    ).output;
    await other.run('rm -f src/a.txt; echo changed > run; mkdir -p more/and/more; chmod 000 src/deep');
    await other.sandbox.restore(snapshot.archive, never);
    const after = (
      await other.run('find . -type f -exec sha256sum {} + | sort; find . -printf "%P %y %m %l\\n" | sort')
    ).output;
    // The owner can read his own file after a restore although it was closed to him.
    expect(after).toBe(before.replace('none f 400', 'none f 600'));
    expect(await other.sandbox.changes(snapshot, never)).toEqual({ added: [], modified: [], deleted: [] });
    await other.close();
  });
});

test('a snapshot lists its files with digests and lines, in the order of their bytes', async () => {
  await box.run("printf 'a\\nb' > b.txt; mkdir a; printf '\\0' > a/bin; ln -s b.txt c; touch B; chmod +x B");
  const { files, skipped } = await save();
  const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
  expect(files).toEqual([
    { path: 'B', kind: 'file', bytes: 0, sha256: sha256(''), executable: true, lines: 0 },
    { path: 'a', kind: 'folder', bytes: 0, sha256: '', executable: false },
    { path: 'a/bin', kind: 'file', bytes: 1, sha256: sha256('\0'), executable: false },
    { path: 'b.txt', kind: 'file', bytes: 3, sha256: sha256('a\nb'), executable: false, lines: 2 },
    { path: 'c', kind: 'symlink', bytes: 5, sha256: sha256('b.txt'), executable: false },
  ]);
  expect(skipped).toEqual([]);
});

test('the same workspace gives the same bytes, however it came about', async () => {
  await box.run('echo 1 > a; echo 2 > b; mkdir c; touch -d @1000000000 a b');
  const first = await save();
  await box.run('rm -r a b c; mkdir c; touch c/x; rm c/x; echo 2 > b; echo 1 > a; touch -d @1000000000 a b');
  expect(Buffer.from((await save()).archive).equals(first.archive)).toBe(true);
});

test('an archive is a tar that others can read, without owners', async () => {
  await box.run(`mkdir -p ${'d'.repeat(90)}; echo x > ${'d'.repeat(90)}/${'f'.repeat(90)}; echo x > short`);
  const tar = zstdDecompressSync((await save()).archive);
  const listed = execFileSync('tar', ['--numeric-owner', '-tvf', '-'], { input: tar, encoding: 'utf8' });
  expect(listed.match(/ 0\/0 /g)?.length).toBe(3);
  expect(listed).toContain(`${'d'.repeat(90)}/${'f'.repeat(90)}\n`);
});

test('a thousand odd names come back', async () => {
  const script = `
    import os, random
    random.seed(7)
    for i in range(1000):
        name = bytes(random.choice([b for b in range(1, 256) if b != 0x2f]) for _ in range(random.randint(1, 120)))
        if name in (b'.', b'..'): continue
        folder = b'' if i % 3 else b'-dir\\n' + bytes([65 + i % 7]) + b'/'
        if folder: os.makedirs(folder, exist_ok=True)
        path = folder + name
        if os.path.lexists(path): continue
        if i % 10 == 9: os.symlink(name[::-1], path)
        else: open(path, 'wb').write(name)
  `.replace(/^ {4}/gm, '');
  expect((await box.run(`cat > ../tmp/odd.py && python3 ../tmp/odd.py`, { stdin: script })).output).toBe('');
  const digest =
    'find . -print0 | sort -z | sha256sum; find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum';
  const before = (await box.run(digest)).output;
  const snapshot = await save();
  expect(snapshot.files.filter(({ kind }) => kind !== 'folder').length).toBeGreaterThan(990);
  await box.run('find . -mindepth 1 -delete');
  await restore(snapshot.archive);
  expect((await box.run(digest)).output).toBe(before);
});

test('what cannot be kept is named: pipes, sockets, what tools can make again', async () => {
  await box.run(
    'mkfifo pipe; mkdir -p app/node_modules/x app/.venv; echo x > app/node_modules/x/y; echo z > app/z',
  );
  const { files, skipped } = await save();
  expect(files.map(({ path }) => path)).toEqual(['app', 'app/z']);
  expect(skipped).toEqual([
    { path: 'app/.venv', reason: 'excluded' },
    { path: 'app/node_modules', reason: 'excluded' },
    { path: 'pipe', reason: 'special' },
  ]);
});

test('folders closed by their own mode are opened; too deep ones are named', async () => {
  await box.run('mkdir -p shut/in; echo x > shut/in/file; chmod 000 shut/in/file shut/in shut');
  await box.run(
    'for i in $(seq 60); do mkdir "$(printf "%0100d" 0)" && cd "$(printf "%0100d" 0)" || break; done; touch end',
  );
  const { files, skipped } = await save();
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['shut/in/file']));
  expect(skipped).toEqual([{ path: expect.stringMatching(/^0{100}\/0/), reason: 'unreadable' }]);
  await restore((await save()).archive);
});

test('a workspace that is too large is not saved, and a command says so', async () => {
  const outcome = await box.run('head -c 1500000 /dev/zero > one; truncate -s 600000 sparse');
  expect(outcome.workspace.exceeded).toBe(true);
  await expect(save()).rejects.toMatchObject({
    code: 'payload_too_large',
    message:
      'The workspace holds 2100000 bytes, more than 2000000; the largest files are one (1500000), sparse (600000).',
  });
  expect((await box.run('rm one; for i in $(seq 1600); do : > f$i; done')).workspace.exceeded).toBe(true);
  await expect(save()).rejects.toMatchObject({ code: 'payload_too_large' });
  expect((await box.run('rm f*; ls')).workspace).toEqual({ bytes: 600_000, files: 1, exceeded: false });
});

test('changes are told with sizes and lines', async () => {
  await box.run('printf "1\\n2\\n" > kept; printf "1\\n" > grown; echo x > gone');
  const base = await save();
  await box.run('printf "1\\n2\\n3\\n" > grown; rm gone; echo y > new');
  const change = (
    path: string,
    [bytesBefore, bytesAfter]: number[],
    [linesBefore, linesAfter]: (number | undefined)[],
  ) => ({
    path,
    bytesBefore,
    bytesAfter,
    linesBefore,
    linesAfter,
  });
  expect(await box.sandbox.changes(base, never)).toEqual({
    added: [change('new', [0, 2], [undefined, 1])],
    modified: [change('grown', [2, 6], [1, 3])],
    deleted: [change('gone', [2, 0], [1, undefined])],
  });
});

/** An archive as a stranger could make it. */
function archiveOf(
  ...parts: (Partial<TarEntry> & { name: string; content?: string; type?: string })[]
): Buffer {
  const blocks = parts.map(({ name, content = '', type, ...entry }) => {
    const body = bytes(content);
    const header = tarHeader({
      path: Buffer.from(name, 'latin1'),
      kind: 'file',
      mode: 0o644,
      mtimeSeconds: 0,
      ...entry,
      bytes: body.length,
    });
    if (type !== undefined) retype(header, type);
    return Buffer.concat([header, body, padding(body.length)]);
  });
  return zstdCompressSync(Buffer.concat([...blocks, Buffer.alloc(1_024)]));
}

function retype(header: Buffer, type: string): void {
  const sum =
    Number.parseInt(header.toString('latin1', 148, 154), 8) - (header[156] ?? 0) + type.charCodeAt(0);
  header.write(type, 156, 'latin1');
  header.write(sum.toString(8).padStart(6, '0'), 148, 'latin1');
}

const link = (name: string, target: string) => ({
  name,
  kind: 'symlink' as const,
  target: Buffer.from(target),
});
const folder = (name: string) => ({ name, kind: 'folder' as const });

test.each([
  ['a parent', archiveOf({ name: '../escaped', content: 'x' })],
  ['a parent in the middle', archiveOf(folder('a'), { name: 'a/../../escaped' })],
  ['an absolute path', archiveOf({ name: '/tmp/escaped' })],
  ['a dot', archiveOf({ name: './a' })],
  ['an empty name', archiveOf({ name: '' })],
  ['a file through a symlink', archiveOf(link('a', '/tmp'), { name: 'a/escaped' })],
  [
    'a file through a symlink that came later',
    archiveOf(folder('a'), link('a', '/tmp'), { name: 'a/escaped' }),
  ],
  ['a file in the place of a symlink', archiveOf(link('a', '/tmp/escaped'), { name: 'a', content: 'x' })],
  ['a symlink in the place of a file', archiveOf({ name: 'a', content: 'x' }, link('a', '/tmp/escaped'))],
  ['a file below a file', archiveOf({ name: 'a' }, { name: 'a/b' })],
  ['a folder that is not there', archiveOf({ name: 'a/b' })],
  ['a hard link', archiveOf({ name: 'a', type: '1', target: Buffer.from('/etc/passwd') })],
  ['a device', archiveOf({ name: 'a', type: '3' })],
  ['a pipe', archiveOf({ name: 'a', type: '6' })],
  ['a PAX header', archiveOf({ name: 'a', type: 'x', content: '30 path=../../escaped\n' })],
  ['no tar', zstdCompressSync(Buffer.alloc(2_048, 'x'))],
  ['no zstd', Buffer.from('not an archive')],
  ['nothing', Buffer.alloc(0)],
  ['half of one', archiveOf({ name: 'a', content: 'x'.repeat(5_000) }).subarray(0, 60)],
])('an archive with %s is refused, and the workspace left empty', async (_, archive) => {
  writeFileSync(join(box.work, 'before'), 'x');
  await expect(restore(archive)).rejects.toMatchObject({ code: 'invalid_request' });
  expect(readdirSync(box.work)).toEqual([]);
  for (const folder of ['/tmp', box.around, join(box.around, 'box')])
    expect(readdirSync(folder)).not.toContain('escaped');
});

test('symlinks that lead out are kept as they are and never followed', async () => {
  await restore(archiveOf(link('python', '/usr/bin/python3'), link('passwd', '/etc/passwd')));
  expect((await box.run('readlink python passwd')).output).toBe('/usr/bin/python3\n/etc/passwd\n');
  await expect(box.sandbox.readFile('passwd', never)).rejects.toMatchObject({ code: 'invalid_request' });
});

test('a small archive that becomes large is stopped', async () => {
  const zeros = '\0'.repeat(1_500_000);
  const bomb = archiveOf({ name: 'a', content: zeros }, { name: 'b', content: zeros });
  expect(bomb.length).toBeLessThan(5_000);
  await expect(restore(bomb)).rejects.toMatchObject({ code: 'payload_too_large' });
  const many = archiveOf(...Array.from({ length: 1_501 }, (_, index) => ({ name: `f${index}` })));
  await expect(restore(many)).rejects.toMatchObject({ code: 'payload_too_large' });
  expect(readdirSync(box.work)).toEqual([]);
});

test('a size that lies is a damaged archive', async () => {
  const tar = zstdDecompressSync(archiveOf({ name: 'a', content: 'x' }));
  tar.write('77777777777', 124, 'latin1');
  await expect(restore(zstdCompressSync(tar))).rejects.toMatchObject({ code: 'invalid_request' });
});

test('no mode of an archive gives more than file permissions', async () => {
  await restore(archiveOf({ name: 'a', mode: 0o6755, content: 'x' }));
  expect((await box.run('stat -c %a a')).output).toBe('755\n');
});

testAsRoot('a restore cannot write where the tools could not', async () => {
  writeFileSync(join(box.around, 'victim'), 'untouched');
  await box.run(`ln -s ${box.around} outside`);
  await expect(restore(archiveOf({ name: 'outside/victim', content: 'x' }))).rejects.toMatchObject({
    code: 'invalid_request',
  });
  expect(execFileSync('cat', [join(box.around, 'victim')], { encoding: 'utf8' })).toBe('untouched');
});

test('twenty megabytes are saved and restored', async () => {
  const large = await openBox(kind);
  await large.run('head -c 20971520 /dev/urandom > large; sha256sum large > sum');
  const snapshot = await large.sandbox.save(never);
  expect(snapshot.archive.length).toBeGreaterThan(20_900_000);
  await large.run('rm large');
  await large.sandbox.restore(snapshot.archive, never);
  expect((await large.run('sha256sum -c sum')).output).toBe('large: OK\n');
  expect(text(await large.sandbox.readFile('sum', never))).toContain('large');
  await large.close();
});
