import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { type Lambda, startLambda } from '../../../lib/local/lambda.ts';
import { until } from './harness.ts';

const taskRoot = mkdtempSync(join(tmpdir(), 'muster-lambda-'));
writeFileSync(
  join(taskRoot, 'common.cjs'),
  `let calls = 0;
   exports.count = async () => { calls += 1; console.log('call ' + calls); if (calls < 3) throw new Error('again'); return calls; };
   exports.big = async () => 'x'.repeat(7 * 1024 * 1024);
   exports.nothing = async () => {};
   console.log('loaded');
   const { existsSync } = require('node:fs');
   exports.slow = async ({ until }) => { while (!existsSync(until)) await new Promise((resolve) => setTimeout(resolve, 20)); };`,
);
writeFileSync(join(taskRoot, 'broken.mjs'), `throw new Error('at import');`);

let lambda: Lambda | undefined;
const lines: string[] = [];
afterEach(() => lambda?.close());
afterAll(() => rmSync(taskRoot, { recursive: true, force: true }));

function start(handler: string): Lambda {
  lines.length = 0;
  lambda = startLambda();
  lambda.addFunction({
    name: 'f',
    taskRoot,
    handler,
    timeoutSeconds: 5,
    memoryMiB: 128,
    maxThreads: 4,
    environment: {},
    onLine: (_stream, line) => void lines.push(line),
  });
  return lambda;
}

test('an asynchronous call that fails is tried three times in all', async () => {
  start('common.count').invokeAsync('f', {});
  await until('the third call', () => lines.find((line) => line === 'call 3'));
  expect(lines.filter((line) => line.startsWith('call'))).toEqual(['call 1', 'call 2', 'call 3']);
});

const loads = (): number => lines.filter((line) => line === 'loaded').length;

test('calls that are over at once wait for the thread that starts instead of starting four', async () => {
  const functions = start('common.nothing');
  await Promise.all(Array.from({ length: 12 }, () => functions.invoke('f', {})));
  expect(loads()).toBeLessThanOrEqual(2);
});

test('calls that take long run side by side', async () => {
  const functions = start('common.slow');
  const end = join(taskRoot, 'end');
  const calls = Array.from({ length: 4 }, () => functions.invoke('f', { until: end }));
  await until('four threads', () => loads() === 4 || undefined);
  writeFileSync(end, '');
  expect(await Promise.all(calls)).toEqual(Array(4).fill({ ok: true, payload: 'null' }));
});

test('a failed call tells its error, and the log does too', async () => {
  const outcome = await start('common.count').invoke('f', {});
  expect(outcome).toMatchObject({ ok: false, error: { errorType: 'Error', errorMessage: 'again' } });
  expect(lines.at(-1)).toContain('"errorMessage":"again"');
});

test('a function is found by its name and by its ARN, and by nothing else', async () => {
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
  expect(await start('common.nothing').invoke(arn, {})).toMatchObject({ ok: true, payload: 'null' });
  await expect(lambda?.invoke('g', {})).rejects.toThrow('There is no function g; there are: f');
});

test.each([
  ['common.missing', 'Runtime.HandlerNotFound'],
  ['nowhere.handler', 'Runtime.ImportModuleError'],
  ['broken.handler', 'Error'],
  ['common.big', 'Function.ResponseSizeTooLarge'],
])('the handler %s fails with %s', async (handler, errorType) => {
  expect(await start(handler).invoke('f', {})).toMatchObject({ ok: false, error: { errorType } });
});
