// A process whose main thread is busy, started by a test: node busy-worker.ts <apiUrl> <milliseconds>
import { startHeartbeatThread } from '../../lib/adapters/control/heartbeat-thread.ts';
import { systemTime } from '../../lib/adapters/control/system-time.ts';
import { WorkerStop } from '../../lib/core/work/worker-stop.ts';
import { session, workerKey } from './control-plane-server.ts';

const [apiUrl = '', milliseconds = '0'] = process.argv.slice(2);
const environment = {
  apiUrl,
  region: 'eu-central-1',
  traceparent: undefined,
  credentials: { kind: 'static' as const, ...workerKey, sessionToken: undefined },
};
const terms = {
  session: { jobId: 'job-1', attempt: 1, session },
  heartbeatSeconds: 0.1,
  leaseSeconds: 6,
  answeredAtMs: Date.now(),
};
const heartbeatFile = new URL('../../worker-image/heartbeat.ts', import.meta.url);
startHeartbeatThread(
  heartbeatFile,
  { environment, terms, logFields: {} },
  new WorkerStop(systemTime),
  () => undefined,
);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(milliseconds));
process.exit(0);
