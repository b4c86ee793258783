import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packFolder } from '../../../lib/adapters/client/pack-folder.ts';
import { placeFile } from '../../../lib/adapters/client/place-file.ts';
import { type ArchiveEntry, readArchive } from '../../../lib/adapters/client/read-archive.ts';

let around: string;
let folder: string;
beforeEach(() => {
  around = mkdtempSync(join(tmpdir(), 'muster-files-'));
  folder = join(around, 'project');
  mkdirSync(folder);
});
afterEach(() => rmSync(around, { recursive: true, force: true }));

function write(path: string, content = path): void {
  const full = join(folder, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, content);
}

function git(...args: string[]): void {
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  execFileSync('git', ['-C', folder, ...who, ...args], { stdio: 'ignore' });
}

async function packed(): Promise<string[]> {
  const entries = await readArchive((await packFolder(folder)).archive);
  return entries.map(({ path, kind }) => `${path.toString('utf8')}${kind === 'folder' ? '/' : ''}`);
}

describe('a folder that is packed', () => {
  it('is what git keeps or would keep, where it is a checkout', async () => {
    for (const path of ['lib/a.js', 'lib/new.js', 'dist/out.js', 'gone.js']) write(path);
    write('.gitignore', 'dist/\n');
    git('init');
    git('add', 'lib/a.js', 'gone.js', '.gitignore');
    git('commit', '-m', 'first');
    rmSync(join(folder, 'gone.js'));
    expect(await packed()).toEqual(['.gitignore', 'lib/', 'lib/a.js', 'lib/new.js']);
  });

  it('is everything but node_modules and .git, where it is none', async () => {
    for (const path of ['a.js', 'node_modules/x/index.js', 'deep/er/b.js', 'deep/node_modules/y.js'])
      write(path);
    expect(await packed()).toEqual(['a.js', 'deep/', 'deep/er/', 'deep/er/b.js']);
  });

  it('gives the same bytes every time, and says how much it is', async () => {
    write('a.js', 'x'.repeat(5_000));
    const [one, two] = [await packFolder(folder), await packFolder(folder)];
    expect(one.sha256).toBe(two.sha256);
    expect(one).toMatchObject({ files: 1, contentBytes: 5_000, byGit: false, leftOut: [], secrets: [] });
    expect(one.archive.length).toBeLessThan(1_000);
  });

  it('keeps modes and names of any bytes and length', async () => {
    write('run.sh', '#!/bin/sh\n');
    execFileSync('chmod', ['755', join(folder, 'run.sh')]);
    const long = `${'n'.repeat(120)}/${'ü'.repeat(60)}`;
    write(long);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff])]), 'odd');
    const entries = await readArchive((await packFolder(folder)).archive);
    expect(entries.find(({ path }) => path.equals(Buffer.from('run.sh')))?.executable).toBe(true);
    expect(entries.some(({ path }) => path.equals(Buffer.from(long)))).toBe(true);
    expect(entries.some(({ path }) => path.equals(Buffer.from([0x66, 0xff])))).toBe(true);
  });

  it('leaves out symlinks that lead out of it, and says so', async () => {
    write('a.js');
    symlinkSync('a.js', join(folder, 'inside'));
    symlinkSync('../../etc/passwd', join(folder, 'outside'));
    symlinkSync('/etc/passwd', join(folder, 'absolute'));
    symlinkSync('inside/../..', join(folder, 'winding'));
    expect(await packed()).toEqual(['a.js', 'inside']);
    expect((await packFolder(folder)).leftOut).toEqual([
      'absolute: a symlink that leads out of the folder',
      'outside: a symlink that leads out of the folder',
      'winding: a symlink that leads out of the folder',
    ]);
  });

  it('names files in it that look like secrets', async () => {
    for (const path of ['.env', 'deploy/.env.prod', '.env.example', 'key.pem', 'environment.js']) write(path);
    expect((await packFolder(folder)).secrets).toEqual(['.env', 'deploy/.env.prod', 'key.pem']);
  });

  it('is refused when it is too large, empty or no folder', async () => {
    await expect(packFolder(folder)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(packFolder(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'invalid_request' });
    write('small.txt', 'x'.repeat(10));
    write('large.bin', 'x'.repeat(100));
    await expect(packFolder(folder, { bytes: 105, files: 9 })).rejects.toMatchObject({
      code: 'payload_too_large',
      message: expect.stringContaining('large.bin (100), small.txt (10)'),
    });
    await expect(packFolder(folder, { bytes: 500, files: 1 })).rejects.toMatchObject({
      code: 'payload_too_large',
    });
  });
});

function entryOf(path: string | Buffer, changes: Partial<ArchiveEntry> = {}): ArchiveEntry {
  const nothing = Buffer.alloc(0);
  return {
    path: Buffer.from(path),
    kind: 'file',
    executable: false,
    content: Buffer.from('new\n'),
    target: nothing,
    ...changes,
  };
}

describe('a file that is fetched', () => {
  it('is written with the folders above it, and what was there before is known', () => {
    write('lib/a.js', 'old\n');
    expect(placeFile(folder, entryOf('lib/a.js'))).toEqual({ before: Buffer.from('old\n') });
    expect(placeFile(folder, entryOf('b/c/d.sh', { executable: true }))).toEqual({ before: undefined });
    expect(readFileSync(join(folder, 'lib/a.js'), 'utf8')).toBe('new\n');
    expect(statSync(join(folder, 'b/c/d.sh')).mode & 0o777).toBe(0o755);
  });

  it.each(['../out', 'a/../../out', '/out', 'a//b', '.', ''])('is refused at the path "%s"', (path) => {
    expect(placeFile(folder, entryOf(path))).toEqual({ refused: 'its path leads out of the folder' });
    expect(existsSync(join(around, 'out'))).toBe(false);
  });

  it.each(['.git/hooks/pre-commit', 'sub/.GIT/config', 'git~1/config', '.git. /config'])(
    'is refused where git would obey it: %s',
    (path) => {
      expect(placeFile(folder, entryOf(path))).toEqual({ refused: 'it is in .git, which git obeys' });
    },
  );

  it('is not written through a symlink, nor over one', () => {
    symlinkSync(around, join(folder, 'up'));
    symlinkSync(join(around, 'target'), join(folder, 'link'));
    expect(placeFile(folder, entryOf('up/x'))).toEqual({ refused: 'there is a symlink on its way' });
    expect(placeFile(folder, entryOf('link'))).toEqual({ refused: 'there is a symlink of that name' });
    expect(existsSync(join(around, 'x')) || existsSync(join(around, 'target'))).toBe(false);
  });

  it('is refused as a symlink that leads out of the folder', () => {
    const symlink = (target: string) => entryOf('d/l', { kind: 'symlink', target: Buffer.from(target) });
    expect(placeFile(folder, symlink('../../x'))).toHaveProperty('refused');
    expect(placeFile(folder, symlink('/etc'))).toHaveProperty('refused');
    expect(placeFile(folder, symlink('../a.js'))).toEqual({ before: undefined });
  });
});

it('an archive that is damaged is refused with a reason', async () => {
  await expect(readArchive(Buffer.from('nothing of the kind'))).rejects.toMatchObject({
    code: 'result_mismatch',
  });
});
