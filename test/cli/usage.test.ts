import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Command } from 'commander';
import { freePort } from '../../lib/cli/local/free-port.ts';
import { makeProgram } from '../../lib/cli/program.ts';
import { makeFolder, muster, removeFolder } from './harness.ts';

jest.setTimeout(60_000);

let folder: string;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => removeFolder(folder));

/** `helpInformation` leaves out what `addHelpText` added. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut(more) {
      text += more;
    },
  });
  command.outputHelp();
  return text;
}

const run = (...args: string[]) => muster(args, { cwd: folder });

describe('usage', () => {
  test('alone it shows its commands and the first steps', async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    for (const command of [
      'local',
      'job',
      'team',
      'ask',
      'status',
      'usage',
      'cost',
      'keys',
      'doctor',
      'smoke',
      'stop-all',
      'resume',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    }
    expect(stdout).toContain('First steps:');
  });

  test('every command has an example in its help', () => {
    const leaves = (command: Command): Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
    const commands = leaves(makeProgram(false));
    expect(commands).toHaveLength(52);
    for (const command of commands) expect(helpOf(command)).toMatch(/Examples?:\n {2}\$ /);
  });

  test('an unknown command or option exits 2 and names the nearest', async () => {
    const command = await run('jbo', 'list');
    expect([command.code, command.stderr]).toEqual([2, expect.stringContaining('Did you mean job?')]);
    const option = await run('job', 'list', '--limt', '3', '--json');
    expect(option.code).toBe(2);
    expect(JSON.parse(option.stderr)).toMatchObject({ code: 'invalid_request', exitCode: 2 });
  });

  test('without an API it exits 8 and says how to get one', async () => {
    const { code, stderr } = await run('job', 'list');
    expect(code).toBe(8);
    expect(stderr).toContain('npm start');
    expect(stderr).toContain('npm run deploy');
  });

  test('an address that nobody answers at exits 6; one that is none exits 2', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };
    const silent = await muster(['status', '--api', `http://127.0.0.1:${await freePort(0)}`], {
      cwd: folder,
      env,
    });
    expect([silent.code, silent.stderr]).toEqual([6, expect.stringContaining('ECONNREFUSED')]);
    expect((await run('status', '--api', 'ftp://x')).code).toBe(2);
  });

  test('doctor warns where nothing is set up, and fails on nothing', async () => {
    const { code, stdout } = await run('doctor', '--json');
    expect(code).toBe(0);
    const { findings } = JSON.parse(stdout) as { findings: { what: string; status: string }[] };
    expect(findings.filter(({ status }) => status === 'warn').map(({ what }) => what)).toEqual(
      expect.arrayContaining(['AWS', 'API', 'model keys']),
    );
  });
});
