import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { type Lambda, startLambda } from '../../../lib/local/lambda.ts';
import type { AwsRequest } from '../../../lib/local/service.ts';
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
  lambda = startLambda({});
  lambda.addFunction({
    logicalId: 'F',
    name: 'f',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
    taskRoot,
    handler,
    timeoutSeconds: 5,
    memoryMiB: 128,
    logGroup: '/aws/lambda/f',
    maxThreads: 2,
    environment: {},
    onLine: (_stream, line) => void lines.push(line),
  });
  return lambda;
}

function post(rawPath: string, body: string, headers: Record<string, string> = {}): AwsRequest {
  const principal = { accessKeyId: '', secretAccessKey: '', arn: '', label: 'client' };
  const rest = {
    service: 'lambda',
    operation: undefined,
    method: 'POST',
    query: new URLSearchParams(),
    principal,
  };
  return { ...rest, rawPath, headers, body: Buffer.from(body) };
}

test('an asynchronous call that fails is tried three times in all', async () => {
  const path = '/2015-03-31/functions/f/invocations';
  const answer = await start('common.count').handle(post(path, '{}', { 'x-amz-invocation-type': 'Event' }));
  expect(answer.status).toBe(202);
  await until('the third call', () => lines.find((line) => line === 'call 3'));
  expect(lines.filter((line) => line.startsWith('call'))).toEqual(['call 1', 'call 2', 'call 3']);
});

test('a failed call answers 200 with the error and the header that says so', async () => {
  const answer = await start('common.count').handle(post('/2015-03-31/functions/f/invocations', '{}'));
  expect(answer).toMatchObject({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' } });
  expect(JSON.parse(String(answer.body))).toMatchObject({ errorType: 'Error', errorMessage: 'again' });
});

test('a function is found by its name, its ARN and an alias of it', async () => {
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:f:live';
  expect(await start('common.nothing').invoke(arn, {})).toMatchObject({ ok: true, payload: 'null' });
  const missing = await lambda?.handle(post('/2015-03-31/functions/g/invocations', '{}'));
  expect(missing).toMatchObject({
    status: 404,
    headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
  });
});

test.each([
  ['common.missing', 'Runtime.HandlerNotFound'],
  ['nowhere.handler', 'Runtime.ImportModuleError'],
  ['broken.handler', 'Error'],
  ['common.big', 'Function.ResponseSizeTooLarge'],
])('the handler %s fails with %s', async (handler, errorType) => {
  expect(await start(handler).invoke('f', {})).toMatchObject({ ok: false, error: { errorType } });
});
