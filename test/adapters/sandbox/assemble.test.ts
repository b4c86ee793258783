import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Box, isRoot, never, openBox } from './harness.ts';

let box: Box;
beforeAll(async () => {
  box = await openBox(isRoot ? 'uid' : 'process', { workspaceFiles: 100 });
});
afterAll(() => box.close());

async function archiveOf(script: string): Promise<Uint8Array> {
  await box.run(`find . -mindepth 1 -delete; ${script}`);
  return (await box.sandbox.save(never)).archive;
}

const listing = async () => (await box.run('find . -mindepth 1 -printf "%P %y %m %l\\n" | sort')).output;

test('entries of several archives make one workspace, with the folders above them', async () => {
  const one = await archiveOf(
    'mkdir -p a/b empty; echo 1 > a/b/x; echo 1 > a/y; echo 1 > not; ln -s y a/link',
  );
  const two = await archiveOf(
    'mkdir -p a/b c/d; echo 2 > a/b/x; echo 2 > a/b/z; echo 2 > c/d/run; chmod 751 c/d/run',
  );
  await box.run('echo gone > before');
  const layers = [
    { archive: one, paths: ['a', 'a/b', 'a/b/x', 'a/link', 'empty'] },
    { archive: two, paths: ['a/b/z', 'c/d/run'] },
  ];
  await box.sandbox.assemble(layers, never);
  expect(await listing()).toBe(
    `${['a d 755 ', 'a/b d 755 ', 'a/b/x f 644 ', 'a/b/z f 644 ', 'a/link l 777 y', 'c d 755 ', 'c/d d 755 ', 'c/d/run f 751 ', 'empty d 755 '].join('\n')}\n`,
  );
  expect((await box.run('cat a/b/x a/b/z')).output).toBe('1\n2\n');
});

test('names that are no text are told apart by how they are shown', async () => {
  const odd = await archiveOf(`touch "$(printf 'caf\\351')" "$(printf 'new\\nline')" plain`);
  const { files } = await box.sandbox.save(never);
  const paths = files.map(({ path }) => path).filter((path) => path !== 'plain');
  expect(paths).toContain('caf\\xe9');
  await box.sandbox.assemble([{ archive: odd, paths }], never);
  expect((await box.sandbox.save(never)).files.map(({ path }) => path)).toEqual(paths);
});

test('what is no possible workspace is refused, and nothing is left', async () => {
  const one = await archiveOf('echo 1 > a');
  const two = await archiveOf('mkdir a; echo 2 > a/b');
  const twice = [
    { archive: one, paths: ['a'] },
    { archive: one, paths: ['a'] },
  ];
  await expect(box.sandbox.assemble(twice, never)).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('twice'),
  });
  const below = [
    { archive: one, paths: ['a'] },
    { archive: two, paths: ['a/b'] },
  ];
  await expect(box.sandbox.assemble(below, never)).rejects.toMatchObject({ code: 'invalid_request' });
  expect(await listing()).toBe('');
});

test('a damaged archive is refused, whatever comes after it', async () => {
  const good = await archiveOf('echo 1 > a');
  const layers = [
    { archive: good.subarray(0, good.length - 10), paths: ['a'] },
    { archive: good, paths: ['a'] },
  ];
  await expect(box.sandbox.assemble(layers, never)).rejects.toMatchObject({ code: 'invalid_request' });
  expect(await listing()).toBe('');
});

test('an archive is put into a folder of the workspace, in the place of what is there and through no symlink', async () => {
  const handed = await archiveOf('mkdir sub; echo 1 > sub/x; echo 1 > y');
  await box.run('find . -mindepth 1 -delete; mkdir -p in/2 out; echo old > in/2/old; echo mine > keep');
  await box.sandbox.restore(handed, never, 'in/2');
  expect((await box.run('cat keep; find in -type f | sort')).output).toBe('mine\nin/2/sub/x\nin/2/y\n');
  await box.run('rm -r in; ln -s out in');
  await box.sandbox.restore(handed, never, 'in/3');
  expect((await box.run('find . -type f | sort; ls -A out')).output).toBe('./in/3/sub/x\n./in/3/y\n./keep\n');
  await expect(box.sandbox.restore(handed, never, '../beside')).rejects.toMatchObject({
    code: 'invalid_request',
  });
});
