import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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

it('takes over the lock of a process that is gone', () => {
  const dir = join(temp.dir, 'stale');
  acquireDataLock(dir)();
  const gone = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(dir, 'lock.pid'), String(gone.pid));
  const release = acquireDataLock(dir);
  expect(() => acquireDataLock(dir)).toThrow('in use');
  release();
});
