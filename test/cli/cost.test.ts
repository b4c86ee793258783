import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
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

describe('muster cost', () => {
  test('itemises what an idle deployment costs a month [A8] [D8]', async () => {
    const { code, stdout } = await run('cost', '--profile-settings', 'dev', '--json');
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as {
      idleUsdPerMonth: number;
      idleUsdPerMonthWithoutFreeTier: number;
      items: { item: string; usdPerMonth: number }[];
    };
    expect(document.idleUsdPerMonth).toBeLessThan(1);
    expect(document.idleUsdPerMonthWithoutFreeTier).toBeGreaterThan(document.idleUsdPerMonth);
    const sum = document.items.reduce((total, { usdPerMonth }) => total + usdPerMonth, 0);
    expect(sum).toBeCloseTo(document.idleUsdPerMonth, 4);
  });

  test('itemises what a job has cost, and says so as a table [A8] [A9]', async () => {
    const { stdout: id } = await run('job', 'submit', 'chat', 'Why?');
    await run('job', 'watch', id.trim());
    const { code, stdout } = await run('cost', id.trim(), '--json');
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as { totalUsd: number; lines: { item: string; usd: number }[] };
    expect(document.lines.find(({ item }) => item === 'model tokens')?.usd).toBeGreaterThan(0);
    expect(document.lines.find(({ item }) => item === 'Lambda')?.usd).toBeGreaterThan(0);
    const table = await run('cost', id.trim());
    expect(table.stdout).toMatch(/^ITEM +AMOUNT +USD$/m);
    expect(table.stdout).toContain('calls are reckoned');
  });

  test('bills a run for the question what AWS has cost, and no other run [A8] [C5]', async () => {
    const place = ['--cron', '0 0 1 1 *', '--budget', '1', '--cycles', '1'];
    const lineOf = async (name: string, ...told: string[]) => {
      await run('schedule', 'add', name, 'run', 'solo', 'Save.', ...place, ...told);
      const { stdout: id } = await run('schedule', 'start', name);
      const { stdout } = await run('cost', id.trim(), '--json');
      const { lines } = JSON.parse(stdout) as { lines: { item: string }[] };
      return lines.find(({ item }) => item === 'Cost Explorer');
    };
    expect(await lineOf('told', '--with', 'spending')).toEqual({
      item: 'Cost Explorer',
      amount: '1 request',
      usd: 0.01,
    });
    expect(await lineOf('untold', '--approve-plan')).toBeUndefined();
  });

  test('of a job that nobody knows is not found', async () => {
    expect((await run('cost', 'job-00000000000000000000000000000000')).code).toBe(3);
  });
});
