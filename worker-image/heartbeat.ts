import { parentPort, workerData } from 'node:worker_threads';
import { announceLoss } from '../lib/adapters/control/announce-loss.ts';
import type { HeartbeatTask } from '../lib/adapters/control/heartbeat-thread.ts';
import { makeHttpControlPlane } from '../lib/adapters/control/http-control-plane.ts';
import { makeLog } from '../lib/adapters/control/json-log.ts';
import { systemTime } from '../lib/adapters/control/system-time.ts';
import { makeCredentials } from '../lib/adapters/worker-env.ts';
import { keepLease, leaseMarginMs } from '../lib/core/work/keep-lease.ts';

// A thread of its own, so that slow work on the main thread cannot cost the lease.
const { environment, terms, logFields }: HeartbeatTask = workerData;
const log = makeLog(logFields, [terms.session.session]);
const credentials = makeCredentials(environment.credentials);
const control = makeHttpControlPlane({ ...environment, credentials });

const loss = await keepLease(terms, { control, time: systemTime, log }, new AbortController().signal);
if (parentPort)
  announceLoss(
    parentPort,
    loss,
    () => process.kill(process.pid, 'SIGKILL'),
    leaseMarginMs(terms.leaseSeconds) / 3,
  );
