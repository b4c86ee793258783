import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeSandbox } from '../../../lib/adapters/sandbox/make-sandbox.ts';
import { makeProcessConfinement } from '../../../lib/adapters/sandbox/process-confinement.ts';
import { listProcesses } from '../../../lib/adapters/sandbox/process-table.ts';
import { type Box, helperFile, kinds, never, openBox, testAsRoot, tools } from './harness.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** Ids of the live processes of the tools' user. */
function alive(): number[] {
  return listProcesses()
    .filter(({ uids, zombie }) => !zombie && uids.includes(tools.uid))
    .map(({ pid }) => pid);
}

describe.each(kinds)('%s', (kind) => {
  let box: Box;
  beforeEach(async () => {
    box = await openBox(kind);
  });
  afterEach(() => box.close());

  test('no helper is there while a command runs, and the next one finds what was there', async () => {
    await box.sandbox.writeFile('a.txt', Buffer.from('one'), never);
    const word = basename(dirname(helperFile));
    const { output } = await box.run(`pgrep -fa '[${word[0]}]${word.slice(1)}'; echo two > a.txt`);
    expect(output).toBe('');
    expect(text(await box.sandbox.readFile('a.txt', never))).toBe('two\n');
    expect((await box.run('cat a.txt')).leftovers).toBe(0);
  });

  test('faults and bodies that were not read leave the helper usable', async () => {
    const { sandbox } = box;
    const large = Buffer.alloc(3_000_000, 'x');
    for (let times = 0; times < 3; times++) {
      await expect(sandbox.readFile('none', never)).rejects.toMatchObject({ code: 'not_found' });
      await sandbox.writeFile('folder/file', large, never);
      await expect(sandbox.writeFile('folder', large, never)).rejects.toMatchObject({
        code: 'invalid_request',
      });
      await expect(sandbox.restore(Buffer.from('no archive'), never)).rejects.toMatchObject({
        code: 'invalid_request',
      });
      expect(await sandbox.stat('folder', never)).toBeUndefined();
    }
  });

  test('a call that is given up ends the helper, and the next call has another', async () => {
    const stop = new AbortController();
    await box.sandbox.writeFile('a.txt', Buffer.from('one'), never);
    const given = box.sandbox.save(stop.signal);
    stop.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect(text(await box.sandbox.readFile('a.txt', never))).toBe('one');
  });
});

describe('as another user', () => {
  let box: Box;
  beforeEach(async () => {
    box = await openBox(kinds[0]);
  });
  afterEach(() => box.close());

  testAsRoot('one helper does all that comes between two commands, and ends with the sandbox', async () => {
    await box.sandbox.writeFile('a.txt', Buffer.from('one'), never);
    const first = alive();
    expect(first).toHaveLength(1);
    await box.sandbox.readFile('a.txt', never);
    await box.sandbox.save(never);
    expect(alive()).toEqual(first);
    await box.run('true');
    expect(alive()).toEqual([]);
    await box.sandbox.readFile('a.txt', never);
    expect(alive()).not.toEqual(first);
    await box.close();
    expect(alive()).toEqual([]);
  });

  testAsRoot('a helper that is gone is followed by another', async () => {
    await box.sandbox.writeFile('a.txt', Buffer.from('one'), never);
    const [pid = 0] = alive();
    process.kill(pid, 'SIGKILL');
    while (alive().includes(pid)) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(text(await box.sandbox.readFile('a.txt', never))).toBe('one');
  });
});

describe('a helper that is not what it should be', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-liar-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** `says` is JavaScript: the bytes that follow a request. */
  async function ask(says: string) {
    const liar = join(folder, `${says.length}.mjs`);
    const frame =
      'const frame = (kind, text) => { const head = Buffer.alloc(5); head[0] = kind; head.writeUInt32BE(text.length, 1); return Buffer.concat([head, Buffer.from(text)]); };';
    writeFileSync(liar, `${frame}\nprocess.stdin.on('data', () => process.stdout.write(${says}));`);
    const terms = { folder: join(folder, 'box'), helperFile: liar, limits: { workspaceBytes: 1_000 } };
    const sandbox = await makeSandbox(makeProcessConfinement(), {
      ...terms,
      limits: { ...terms.limits, fileTransferBytes: 1_000 },
    });
    try {
      return await sandbox.stat('file', never);
    } finally {
      await sandbox.close();
    }
  }

  test.each([
    [
      'says more than an answer',
      `Buffer.concat([frame(2, '{}'), Buffer.from('more')])`,
      'gave no answer (SIGKILL)',
    ],
    ['answers with what is no JSON', `frame(2, 'half {')`, 'no JSON'],
    [
      'names a fault that it cannot have',
      `frame(3, '{"code":"stale_attempt","message":"x"}')`,
      'cannot have',
    ],
    ['never ends', `frame(1, 'x'.repeat(70_000_000))`, 'gave no answer (SIGKILL)'],
  ])('that %s is an error of the sandbox', async (_what, says, message) => {
    await expect(ask(says)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining(message),
    });
  });
});
