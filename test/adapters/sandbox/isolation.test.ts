import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeSandbox, openSandbox } from '../../../lib/adapters/sandbox/open-sandbox.ts';
import { makeUidConfinement } from '../../../lib/adapters/sandbox/uid-confinement.ts';
import { type Box, helperFile, helperSource, isRoot, never, openBox, testAsRoot, tools } from './harness.ts';

const canary = 'canary-4f1d8c';
let box: Box;
let secretive: ChildProcess | undefined;

beforeAll(async () => {
  if (isRoot) box = await openBox('uid');
});

afterEach(() => {
  secretive?.kill('SIGKILL');
  secretive = undefined;
});

afterAll(() => box?.close());

testAsRoot('what a tool sees of an environment is this list and nothing else', async () => {
  const { output } = await box.run('env | sort', { env: { STAGE: 'shadow' } });
  const names = output
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names).toEqual([
    'AWS_EC2_METADATA_DISABLED',
    'CI',
    'GIT_PAGER',
    'GIT_TERMINAL_PROMPT',
    'HOME',
    'LANG',
    'LOGNAME',
    'NO_COLOR',
    'PAGER',
    'PATH',
    'PWD',
    'SHELL',
    'SHLVL',
    'STAGE',
    'TERM',
    'TMPDIR',
    'TZ',
    'USER',
    '_',
  ]);
});

testAsRoot('no environment of the worker or of any process of its user can be read', async () => {
  secretive = spawn('sleep', ['60'], { env: { PATH: process.env.PATH, SECRET: canary } });
  const { output } = await box.run(
    `cat /proc/${secretive.pid}/environ; cat /proc/$PPID/environ; cat /proc/1/environ; cat /proc/*/environ /proc/*/task/*/environ | tr '\\\\0' ' '`,
  );
  expect(output).not.toContain(canary);
  for (const pid of [secretive.pid, process.pid, 1])
    expect(output).toContain(`/proc/${pid}/environ: Permission denied`);
});

testAsRoot.each(['mem', 'maps', 'cwd/', 'root/', 'fd/', 'auxv', 'stack', 'io'])(
  'the worker’s /proc entry is closed: %s',
  async (entry) => {
    const { exitCode, output } = await box.run(
      `ls /proc/${process.pid}/${entry}* && cat /proc/${process.pid}/${entry}`,
    );
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/Permission denied|Operation not permitted|Input\/output error/);
  },
);

testAsRoot('a file of the worker’s user is closed, by whatever way', async () => {
  const secret = join(box.around, 'secret');
  writeFileSync(secret, canary, { mode: 0o600 });
  const { output } = await box.run(
    `cat ${secret}; ln -s ${secret} soft; cat soft; ln ${secret} hard; cat hard; cp ${secret} copy; dd if=${secret}; ` +
      `cat /proc/$PPID/root${secret}; sudo -n cat ${secret}; su -c "cat ${secret}" < /dev/null`,
  );
  expect(output).not.toContain(canary);
  await expect(box.sandbox.readFile('soft', never)).rejects.toMatchObject({ code: 'invalid_request' });
});

testAsRoot('file operations have the tools’ rights, not the worker’s', async () => {
  const planted = join(box.work, 'planted');
  writeFileSync(planted, canary, { mode: 0o600 });
  await expect(box.sandbox.readFile('planted', never)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(box.sandbox.writeFile('planted', new Uint8Array(1), never)).rejects.toMatchObject({
    code: 'forbidden',
  });
  await box.sandbox.writeFile('own', new Uint8Array(1), never);
  expect(statSync(join(box.work, 'own')).uid).toBe(tools.uid);
});

testAsRoot('what tools leave cannot be seen by other users', async () => {
  await box.run('echo x > file; umask');
  expect(statSync(box.work).mode & 0o777).toBe(0o700);
  expect(statSync(join(box.around, 'box')).uid).toBe(0);
});

testAsRoot('nothing outside of the workspace can be written, moved or removed', async () => {
  const { output } = await box.run(
    `for folder in / /etc /usr/bin /usr/local/bin /root /proc/sys ${box.around} ${box.around}/box; do
       if touch "$folder/planted" 2>/dev/null || mkdir "$folder/planted" 2>/dev/null; then echo "wrote $folder"; fi
     done
     mv ../work ../stolen; rmdir ../home; ln -sfn /etc ../work; chmod 777 ..; true`,
  );
  expect(output).not.toContain('wrote');
  expect(readdirSync(join(box.around, 'box')).sort()).toEqual(['home', 'tmp', 'work']);
  expect(statSync(join(box.around, 'box')).mode & 0o777).toBe(0o711);
});

testAsRoot('the worker can neither be signalled nor slowed down nor traced', async () => {
  const { output } = await box.run(
    'for signal in 0 STOP TERM KILL; do kill -s $signal $PPID && echo "sent $signal"; done; renice 19 $PPID; kill -9 1',
  );
  expect(output).not.toContain('sent');
  expect(output.match(/Operation not permitted/g)?.length).toBeGreaterThanOrEqual(5);
});

testAsRoot('a tool has one user, no group of others, no capability and cannot gain any', async () => {
  const { output } = await box.run(
    'id -u; id -G; grep -E "^(NoNewPrivs|Cap(Inh|Prm|Eff|Amb)):" /proc/self/status',
  );
  expect(output.replace(/\t/g, ' ')).toBe(
    [
      tools.uid,
      tools.gid,
      'CapInh: 0000000000000000',
      'CapPrm: 0000000000000000',
      'CapEff: 0000000000000000',
      'CapAmb: 0000000000000000',
      'NoNewPrivs: 1\n',
    ].join('\n'),
  );
});

testAsRoot('a program with the setuid bit runs as the tool that starts it', async () => {
  const id = join(box.around, 'id');
  const { output } = await box.run('command -v id');
  copyFileSync(output.trim(), id);
  chownSync(id, 0, 0);
  chmodSync(id, 0o4755);
  expect((await box.run(`${id} -u`)).output).toBe(`${tools.uid}\n`);
});

testAsRoot('programs that tools leave in their PATH never run with the worker’s rights', async () => {
  const trap = '#!/bin/sh\\nid -u >> "$TRAP"; exec /bin/true\\n';
  const names = 'setpriv sh nice bash kill node rm find chmod';
  await box.run(`mkdir bin; for name in ${names}; do printf '${trap}' > bin/$name; chmod +x bin/$name; done`);
  const env = { PATH: `${box.work}/bin:/usr/bin:/bin`, TRAP: `${box.work}/trapped` };
  await box.run('true', { env });
  await box.sandbox.stat('bin', never);
  const { output } = await box.run('cat trapped');
  expect(output).toMatch(/^[0-9]+\n/);
  expect(output.split('\n')).not.toContain('0');
});

testAsRoot('memory that runs out costs the tool, not the worker', async () => {
  expect((await box.run('cat /proc/self/oom_score_adj; echo 0 > /proc/self/oom_score_adj')).output).toContain(
    '1000\n',
  );
});

testAsRoot.each(['LD_PRELOAD', 'LD_LIBRARY_PATH', 'BASH_ENV', 'ENV', 'GLIBC_TUNABLES', 'A=B', '1A', ''])(
  'a variable that would change programs before they run is refused: %j',
  async (name) => {
    await expect(box.run('true', { env: { [name]: '/tmp/x.so' } })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  },
);

testAsRoot('as root, tools are promised a user of their own', async () => {
  for (const file of [helperFile, helperSource])
    expect(await describeSandbox({ helperFile: file })).toMatchObject({ kind: 'uid', isolated: true });
  const sandbox = await openSandbox({ helperFile, folder: join(box.around, 'other'), unsandboxed: false });
  expect(sandbox).toMatchObject({ kind: 'uid', isolated: true });
  await sandbox.close();
});

testAsRoot(
  'where the tools’ user cannot run the helper, nothing is promised, and nothing runs unasked',
  async () => {
    const hidden = join(box.around, 'hidden.mjs');
    writeFileSync(hidden, '', { mode: 0o600 });
    const choice = await describeSandbox({ helperFile: hidden });
    expect(choice).toMatchObject({ kind: 'process', isolated: false });
    expect(choice.reason).toContain('does not work here');
    const terms = { helperFile: hidden, folder: join(box.around, 'other') };
    await expect(openSandbox({ ...terms, unsandboxed: false })).rejects.toMatchObject({
      code: 'forbidden',
      remedy: expect.stringContaining('--unsandboxed'),
    });
    const sandbox = await openSandbox({ ...terms, unsandboxed: true });
    expect(sandbox.isolated).toBe(false);
    await sandbox.close();
  },
);

test('the worker’s own user is never taken for the tools’', async () => {
  expect(() => makeUidConfinement({ uid: 0, gid: 0 })).toThrow('own');
  const uid = process.getuid?.() ?? 0;
  expect(() => makeUidConfinement({ uid, gid: uid })).toThrow('own');
});
