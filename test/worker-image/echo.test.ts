import { afterEach, expect, test } from '@jest/globals';
import { type ControlPlaneServer, session, startControlPlaneServer } from '../fakes/control-plane-server.ts';
import { startWorkerProcess } from '../fakes/worker-process.ts';

let server: ControlPlaneServer | undefined;
afterEach(() => server?.close());

const echo = { type: 'echo', payload: { message: 'hello', delaySeconds: 0 } };

test('an echo job runs in a worker process from start to finish [A3] [A4]', async () => {
  server = await startControlPlaneServer({ input: echo });
  const { code, stdout, stderr } = await startWorkerProcess(server.url).exit;
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(server.calls.map((call) => call.name)).toEqual(['start', 'uploads', 'finish']);
  const result = JSON.parse(server.stored.get('result.json') ?? '');
  expect(result).toEqual({
    message: 'hello',
    processedBy: expect.stringMatching(/^.+\/[0-9a-f]{8}$/),
    processedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });
  expect(server.of('finish')[0]).toMatchObject({ jobId: 'job-1', attempt: 1, session, outcome: { kind: 'succeeded' } });
  expect(stdout).toContain('"job":"job-1","attempt":1,"traceId":"0af7651916cd43dd8448eb211c80319c"');
});
