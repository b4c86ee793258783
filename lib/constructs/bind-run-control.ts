import { bindBucket, bindQueue, bindSecretTags, bindTable, rowActions } from './bind.ts';
import { bindWorkerStops } from './bind-worker.ts';
import { bindCycleStarts, bindTaskTokens } from './bind-workflow.ts';
import type { ControlFunction } from './control-function.ts';
import type { Data } from './data.ts';
import type { JobQueue } from './job-queue.ts';
import type { ProviderKeys } from './provider-keys.ts';
import type { Worker } from './worker.ts';

export interface RunControlProps {
  readonly data: Data;
  readonly worker: Worker;
  readonly jobs: JobQueue;
  readonly providerKeys: ProviderKeys;
}

/** What starting and stopping runs and jobs takes, whoever asks for it: a client, or a schedule that is due. */
export function bindRunControl(fn: ControlFunction, props: RunControlProps): void {
  const { data, worker, jobs, providerKeys } = props;
  bindTable(fn, data.table, { actions: [...rowActions, 'Query'], indexes: ['listed'] });
  bindBucket(fn, data.bucket);
  bindQueue(fn, jobs.queue);
  bindWorkerStops(fn, worker);
  bindTaskTokens(fn);
  bindCycleStarts(fn);
  bindSecretTags(fn, providerKeys.secret);
}
