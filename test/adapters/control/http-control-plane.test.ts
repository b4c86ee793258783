import { afterEach, expect, test } from '@jest/globals';
import { makeStaticCredentials } from '../../../lib/adapters/control/aws-credentials.ts';
import { makeHttpControlPlane } from '../../../lib/adapters/control/http-control-plane.ts';
import {
  type ControlPlaneServer,
  type ControlPlaneServerOptions,
  ok,
  problem,
  session,
  startControlPlaneServer,
  workerKey,
} from '../../fakes/control-plane-server.ts';

let server: ControlPlaneServer | undefined;
afterEach(() => server?.close());

const input = { type: 'echo', payload: { message: 'x', delaySeconds: 0 } };
const beat = { jobId: 'job-1', attempt: 1, session };
const never = new AbortController().signal;

async function connect(answer?: ControlPlaneServerOptions['answer'], options = {}) {
  server = await startControlPlaneServer({ input, ...(answer && { answer }) });
  const credentials = makeStaticCredentials(workerKey);
  return makeHttpControlPlane({ apiUrl: server.url, region: 'eu-central-1', credentials, ...options });
}

test('calls are signed as the worker and carry the request', async () => {
  const control = await connect();
  expect(await control.heartbeat(beat, never)).toEqual({ stop: false, leaseSeconds: 180 });
  expect(server?.of('heartbeat')).toEqual([beat]);
});

test('a wrong key is refused, and reads as not being allowed', async () => {
  const credentials = makeStaticCredentials({ ...workerKey, secretAccessKey: 'wrong' });
  const control = await connect(undefined, { credentials });
  await expect(control.heartbeat(beat, never)).rejects.toMatchObject({ code: 'forbidden', retryable: false });
});

test('credentials that were changed under the worker are read anew, once', async () => {
  const asked: boolean[] = [];
  const credentials = async ({ fresh = false } = {}) => {
    asked.push(fresh);
    return fresh ? workerKey : { ...workerKey, secretAccessKey: 'old' };
  };
  const control = await connect(undefined, { credentials });
  expect(await control.heartbeat(beat, never)).toEqual({ stop: false, leaseSeconds: 180 });
  expect(asked).toEqual([false, true]);
});

test('a problem document becomes an error of its code', async () => {
  const control = await connect(() => problem(409, 'budget_exceeded'));
  await expect(control.turn(beat, never)).rejects.toMatchObject({
    code: 'budget_exceeded',
    message: 'This is budget_exceeded',
    retryable: false,
  });
});

test.each([
  [500, 'unavailable', true],
  [503, 'unavailable', true],
  [429, 'unavailable', true],
  [403, 'forbidden', false],
  [409, 'stale_attempt', false],
  [400, 'invalid_request', false],
])('a bare %i is %s', async (status, code, retryable) => {
  const control = await connect(() => ({ status, body: { message: 'from in between' } }));
  await expect(control.heartbeat(beat, never)).rejects.toMatchObject({ code, retryable });
});

test('a problem of a code that is not known here is judged by its status', async () => {
  const control = await connect(() => problem(503, 'on_fire', true));
  await expect(control.heartbeat(beat, never)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  });
});

test('an answer of another shape is final', async () => {
  const control = await connect(() => ok({ stop: 'perhaps' }));
  await expect(control.heartbeat(beat, never)).rejects.toMatchObject({ code: 'internal', retryable: false });
});

test('no answer in time may be tried again', async () => {
  const control = await connect(() => 'hang', { timeoutMs: 50 });
  await expect(control.heartbeat(beat, never)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    message: 'The control plane did not answer "heartbeat": timed out',
  });
});

test('nobody there may be tried again, and says what the system says', async () => {
  const control = await connect();
  await server?.close();
  await expect(control.heartbeat(beat, never)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'The control plane did not answer "heartbeat": ECONNREFUSED',
  });
});

test("a call that is stopped throws the stop's own reason", async () => {
  const control = await connect(() => 'hang');
  const stop = new AbortController();
  const reason = new Error('stopped');
  const call = control.heartbeat(beat, stop.signal);
  await server?.called('heartbeat');
  stop.abort(reason);
  await expect(call).rejects.toBe(reason);
});
