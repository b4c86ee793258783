import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { alarmRows } from '../../lib/constructs/alarms.ts';
import { readSettings } from '../../lib/stacks/read-settings.ts';
import { prodSettings } from '../stacks/synthesize.ts';
import { makeFolder, muster, type RunningMuster, removeFolder, startMuster } from './harness.ts';

jest.setTimeout(60_000);

let folder: string;
let running: RunningMuster | undefined;

beforeAll(async () => {
  folder = makeFolder();
  running = await startMuster(join(folder, 'data'), [], { cwd: folder });
});

afterAll(async () => {
  await running?.stop();
  removeFolder(folder);
});

function run(...args: string[]) {
  return muster(['--data', join(folder, 'data'), ...args], { cwd: folder });
}

interface Listed {
  items: { name: string; state: string; description: string }[];
}

describe('muster alarm', () => {
  test('lists the ten alarms, what each says and what to do [A10]', async () => {
    const { code, stdout } = await run('alarm', 'list', '--json');
    expect(code).toBe(0);
    const { items } = JSON.parse(stdout) as Listed;
    expect(items).toHaveLength(10);
    for (const { description } of items) {
      expect(description).toMatch(
        /^(CRITICAL|WARNING): .+\nFirst: npx muster .+\nThen: docs\/runbooks\/.+\.md$/,
      );
    }
  });

  test('lets one ring [A10]', async () => {
    expect((await run('alarm', 'test', 'DeadLetters')).stdout).toMatch(
      /^DeadLetters rings; it told arn:aws:sns:us-east-1:000000000000:Muster\S+$/m,
    );
    const { items } = JSON.parse((await run('alarm', 'list', '--json')).stdout) as Listed;
    const ringing = items.filter(({ state }) => state === 'ALARM').map(({ name }) => name);
    expect(ringing).toEqual(['DeadLetters']);
    const again = await run('alarm', 'test', 'DeadLetters');
    expect([again.code, again.stdout]).toEqual([6, '']);
    expect(again.stderr).toContain('DeadLetters rings already, so nobody is told anew');
  });

  const commands = [...new Set(alarmRows(readSettings(prodSettings)).map(({ command }) => command))];
  test.each(commands)('names a command that works: %s [A10]', async (command) => {
    const [npx, program, ...args] = command.split(' ');
    expect([npx, program]).toEqual(['npx', 'muster']);
    const { code, stderr } = await run(...args);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/error|unknown/i);
  });

  test('says which there are, for one that there is not', async () => {
    const { code, stderr } = await run('alarm', 'test', 'Nothing');
    expect(code).toBe(3);
    expect(stderr).toContain('DeadLetters');
  });
});
