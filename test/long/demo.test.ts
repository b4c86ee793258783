import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { demoFile, makeFolder, type Ran, removeFolder, runFile } from '../cli/harness.ts';

let folder: string;
let ran: Ran;

beforeAll(async () => {
  folder = makeFolder();
  ran = await runFile(demoFile, [], { cwd: folder, env: { TMPDIR: folder } });
}, 60_000);

afterAll(() => removeFolder(folder));

test('runs two jobs and a team to their end, and leaves nothing behind but the report [A6]', () => {
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  expect(ran.stdout.match(/^ {3}\+[0-9.]+ s {2}SUCCEEDED/gm)).toHaveLength(2);
  expect(ran.stdout).toMatch(/^SUCCEEDED {2}Done: Every action was carried out/m);
  expect(readdirSync(folder)).toEqual(['.muster']);
  const report = readFileSync(join(folder, '.muster', 'demo-report.html'), 'utf8');
  expect(report).toContain('The tests of this library fail.');
  expect(tmpdir()).not.toBe(folder);
});

test('shows a team at work: it meets, tests fail, two edits, tests pass, another checks it [A4] [B1]', () => {
  const said = ran.stdout.replaceAll('\n', ' ');
  expect(said).toMatch(
    /The planning team meets: worker, reviewer.*Decision: go.*✗ run_tests.*4 of 14 tests fail.*✓ edit_file lib\/amount\.js.*✓ run_tests.*is checked by reviewer.*✓ run_tests check.*✓ met/,
  );
});

test('says first what is prewritten and what is real', () => {
  expect(ran.stdout.split('\n')[1]).toBe(
    'No model key is set, so an offline model answers: its words are prewritten. All else is real.',
  );
});

test('shows the receipt, a signed request and what to type next within a hundred columns', () => {
  expect(ran.stdout).toMatch(/Fargate +4 workers, 240 s/);
  expect(ran.stdout).toContain('curl --aws-sigv4 aws:amz:us-east-1:execute-api');
  expect(ran.stdout).toContain('npm start');
  for (const line of ran.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});
