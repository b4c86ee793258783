import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { acquireDataLock } from '../../../lib/local/lock.ts';
import { makeTempDir } from './harness.ts';

const temp = await makeTempDir();
afterAll(() => temp.remove());

it('refuses a second local cloud on the same folder until the first lets go', () => {
  const dir = join(temp.dir, 'shared');
  const release = acquireDataLock(dir);
  expect(() => acquireDataLock(dir)).toThrow(`in use by another local cloud (pid ${process.pid})`);
  release();
  acquireDataLock(dir)();
});

it('names the process that has the folder, and takes over when it is killed', async () => {
  const dir = join(temp.dir, 'killed');
  const lock = join(import.meta.dirname, '../../../lib/local/lock.ts');
  const script = `(await import(process.argv[1])).acquireDataLock(process.argv[2]); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script, lock, dir]);
  await once(holder.stdout, 'data');
  expect(() => acquireDataLock(dir)).toThrow(`(pid ${holder.pid})`);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  acquireDataLock(dir)();
});
