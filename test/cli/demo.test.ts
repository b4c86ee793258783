import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { demoFile, makeFolder, type Ran, removeFolder, runFile } from './harness.ts';

let folder: string;
let ran: Ran;

beforeAll(async () => {
  folder = makeFolder();
  ran = await runFile(demoFile, [], { cwd: folder, env: { TMPDIR: folder } });
}, 60_000);

afterAll(() => removeFolder(folder));

test('runs all three jobs to their end and leaves nothing behind [A6]', () => {
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  expect(ran.stdout.match(/SUCCEEDED/g)).toHaveLength(3);
  expect(readdirSync(folder)).toEqual([]);
  expect(tmpdir()).not.toBe(folder);
});

test('shows the agent at work: tests that fail, two edits, tests that pass, what has changed [A4]', () => {
  expect(ran.stdout).toMatch(/✗ bash node --test --test-reporter=spec {2}[\s\S]*✓ bash node --test/);
  expect(ran.stdout).toContain('4 of 14 tests fail');
  expect(ran.stdout).toMatch(/"All tests pass": .* → ℹ tests 14, ℹ pass 14, ℹ fail 0/);
  expect(ran.stdout).toContain('2 files written, +3 -2 lines');
});

test('says first what is prewritten and what is real', () => {
  expect(ran.stdout.split('\n')[1]).toBe(
    'No model key is set, so an offline model answers: its words are prewritten. All else is real.',
  );
});

test('shows the receipt, a signed request and what to type next within a hundred columns', () => {
  expect(ran.stdout).toMatch(/Fargate +2 workers, 120 s/);
  expect(ran.stdout).toContain('curl --aws-sigv4 aws:amz:us-east-1:execute-api');
  expect(ran.stdout).toContain('npm start');
  for (const line of ran.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});
