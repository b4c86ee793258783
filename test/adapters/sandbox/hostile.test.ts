import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { listProcesses } from '../../../lib/adapters/sandbox/process-table.ts';
import { type Box, kinds, never, openBox, testAsRoot, tools } from './harness.ts';

/** Of this user, zombies aside: those are the init process's. */
function alive(): number {
  return listProcesses().filter(({ uids, zombie }) => !zombie && uids.includes(tools.uid)).length;
}

/** Every command line that holds the word. */
async function running(box: Box, word: string): Promise<string> {
  return (await box.run(`pgrep -fa '[${word[0]}]${word.slice(1)}' | grep -v pgrep`)).output;
}

describe.each(kinds)('%s', (kind) => {
  let box: Box;

  beforeAll(async () => {
    box = await openBox(kind, { floodBytes: 20_000_000, fileBytes: 1_048_576 });
  });

  // Whatever was done to it, the next command works.
  afterEach(async () => {
    expect(await box.run('echo still here')).toMatchObject({
      output: 'still here\n',
      exitCode: 0,
      leftovers: 0,
    });
    if (kind === 'uid') expect(alive()).toBe(0);
  });

  afterAll(() => box.close());

  test('a command answers with its output, in order, and its exit code', async () => {
    const outcome = await box.run('echo out; echo err >&2; echo out again; exit 3');
    expect(outcome).toMatchObject({
      output: 'out\nerr\nout again\n',
      exitCode: 3,
      timedOut: false,
      bytes: 18,
    });
  });

  test('arguments reach a program as they are', async () => {
    const argv = ['printf', '%s|', '$HOME', 'a b', '"', "'", '--', '-n', 'ü', ''];
    const outcome = await box.sandbox.run({ argv, timeoutMs: 5_000 }, never);
    expect(outcome.output).toBe('$HOME|a b|"|\'|--|-n|ü||');
  });

  test('standard input is what was given, or empty', async () => {
    expect((await box.run('cat; echo end')).output).toBe('end\n');
    expect((await box.run('cat; echo end', { stdin: 'text ' })).output).toBe('text end\n');
    // More than a pipe holds, and nobody reads it.
    expect((await box.run('exit 0', { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0);
  });

  test('a program that is not there is an outcome', async () => {
    const outcome = await box.sandbox.run({ argv: ['no-such-program'], timeoutMs: 5_000 }, never);
    expect(outcome).toMatchObject({ exitCode: 127 });
    expect(outcome.output).toContain('no-such-program');
  });

  test('a command that is too long is refused with what to do', async () => {
    await expect(box.run(`: ${'x'.repeat(3_000_000)}`)).rejects.toMatchObject({
      code: 'payload_too_large',
      message: expect.stringContaining('write it to a file'),
    });
    await expect(box.run('a\0b')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('a folder to work in must be inside', async () => {
    await box.run('mkdir -p a/b; ln -s a/b inner; ln -s / outer');
    expect((await box.run('pwd', { cwd: 'inner' })).output).toBe(`${box.work}/a/b\n`);
    for (const [cwd, code] of [
      ['outer', 'invalid_request'],
      ['../..', 'invalid_request'],
      ['none', 'not_found'],
    ])
      await expect(box.run('pwd', { cwd })).rejects.toMatchObject({ code });
  });

  test('a flood fills neither memory nor time', async () => {
    const before = process.memoryUsage().rss;
    const outcome = await box.run('yes');
    expect(outcome).toMatchObject({ flooded: true, timedOut: false });
    expect(outcome.output.length).toBeLessThan(31_000);
    expect(outcome.output).toMatch(/^y\ny\n[\s\S]*\n\[… [0-9,]+ bytes cut …\]\n[\s\S]*y\n$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  test('a command that never ends is ended', async () => {
    const outcome = await box.run('echo begun; sleep 1000', { timeoutMs: 300 });
    expect(outcome).toMatchObject({ timedOut: true, output: 'begun\n', signal: 'SIGTERM' });
    expect(outcome.milliseconds).toBeLessThan(2_300);
  });

  test('a command that does not obey is killed, and all that belong to it', async () => {
    const outcome = await box.run(
      'trap "" TERM INT HUP; (trap "" TERM; sleep 7777) & while :; do sleep 7777; done',
      {
        timeoutMs: 300,
      },
    );
    expect(outcome).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
    expect(await running(box, 'sleep 7777')).toBe('');
  });

  test('a daemon that detached itself is gone with its command', async () => {
    const outcome = await box.run(
      '(setsid sh -c "sleep 8888 & exec sleep 8888" > /dev/null 2>&1 &); sleep 0.3; echo started',
    );
    expect(outcome).toMatchObject({ output: 'started\n', exitCode: 0, timedOut: false, leftovers: 2 });
    expect(await running(box, 'sleep 8888')).toBe('');
  });

  test('a child that keeps the output open does not keep the command', async () => {
    const outcome = await box.run('sleep 9999 & echo done');
    expect(outcome).toMatchObject({ output: 'done\n', leftovers: 1 });
    expect(outcome.milliseconds).toBeLessThan(5_000);
  });

  test('whoever stops waiting hears his own reason, and everything is killed at once', async () => {
    const stop = new AbortController();
    const command = 'trap "" TERM; sleep 6666; sleep 6666';
    const running = box.sandbox.run({ command, timeoutMs: 60_000 }, stop.signal);
    const begun = performance.now();
    setTimeout(() => stop.abort(new Error('the lease is lost')), 300);
    await expect(running).rejects.toThrow('the lease is lost');
    expect(performance.now() - begun).toBeLessThan(2_300);
  });

  test('a tool that kills itself, or closes its output, is told as it is', async () => {
    expect(await box.run('kill -9 $$')).toMatchObject({ signal: 'SIGKILL', timedOut: false });
    expect(await box.run('exec > /dev/null 2>&1; echo unseen; exit 4')).toMatchObject({
      output: '',
      exitCode: 4,
    });
  });

  test('a workspace that was removed is there again', async () => {
    await box.run('echo x > file; rm -rf "$PWD"');
    await box.sandbox.writeFile('again', new Uint8Array(1), never);
    expect((await box.run('ls')).output).toBe('again\n');
  });

  test('a file cannot grow beyond its limit', async () => {
    const { output } = await box.run(
      'head -c 3000000 /dev/zero > big; wc -c < big; truncate -s 1T sparse || echo refused',
    );
    expect(output).toContain('1048576\n');
    expect(output).toContain('refused');
  });

  test('there is no core file', async () => {
    expect((await box.run('ulimit -c; sh -c "kill -SEGV \\$\\$"; ls')).output).not.toContain('core');
  });

  test('binary output is a note', async () => {
    const { output, bytes } = await box.run('head -c 5000 /dev/zero');
    expect(bytes).toBe(5_000);
    expect(output).toMatch(/^\[binary, 5,000 bytes; the first 64 in hexadecimal: 00 00/);
  });

  test('commands wait for each other', async () => {
    const outcomes = await Promise.all(
      [1, 2, 3].map((n) => box.run(`cat log 2>/dev/null; sleep 0.05; echo ${n} >> log`)),
    );
    expect(outcomes.map(({ output }) => output)).toEqual(['', '1\n', '1\n2\n']);
  });
});

testAsRoot('a fork bomb stays within its limit and is gone', async () => {
  const box = await openBox('uid', { processes: 100 });
  const outcome = await box.run('ulimit -u; bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1');
  expect(outcome.output).toContain('100\n');
  expect(outcome.leftovers).toBeGreaterThan(10);
  expect(alive()).toBe(0);
  expect((await box.run('echo alive')).output).toBe('alive\n');
  await box.close();
});

testAsRoot('a fork bomb that runs out its time is gone too', async () => {
  const box = await openBox('uid', { processes: 100 });
  const outcome = await box.run(
    'trap "" TERM; bomb() { trap "" TERM; bomb | bomb & }; bomb 2>/dev/null; while :; do :; done',
    {
      timeoutMs: 300,
    },
  );
  expect(outcome.timedOut).toBe(true);
  expect(alive()).toBe(0);
  await box.close();
});

testAsRoot('memory can be bounded', async () => {
  const box = await openBox('uid', { addressSpaceBytes: 200_000_000 });
  const outcome = await box.run('head -c 1000000000 /dev/zero | tail | wc -c');
  expect(outcome.output).toContain('memory exhausted');
  await box.close();
});

testAsRoot('a closed sandbox leaves nothing running, and refuses more', async () => {
  const box = await openBox('uid');
  const running = box.run('sleep 1000', { timeoutMs: 200 });
  await Promise.all([running, box.close()]);
  expect(alive()).toBe(0);
  await expect(box.run('true')).rejects.toMatchObject({ code: 'internal' });
  await box.sandbox.close();
});
