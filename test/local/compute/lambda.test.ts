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
   exports.nothing = async () => {};`,
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
    maxThreads: 2,
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
