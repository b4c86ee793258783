import type { ApiClient } from '#adapters/client/api-client.ts';
import type { Output } from './output.ts';
import { describeStop } from './status/show-work.ts';

const times = { firstMs: 3_000, everyMs: 30_000 };

/**
 * For whoever waits for a worker: says once that somebody has stopped everything, which no job and no run says of
 * itself. To be called at every look; asks now and then.
 */
export function makeStopNotice(api: ApiClient, out: Output, { firstMs, everyMs } = times): () => void {
  let nextMs = Date.now() + firstMs;
  let isTold = out.json;
  return () => {
    if (isTold || Date.now() < nextMs) return;
    nextMs = Date.now() + everyMs;
    // Whoever waits does so without this, too.
    void api.call('readHealth', { once: true }).then(
      ({ body }) => {
        const stop = describeStop(body.workers, out);
        if (stop === undefined || isTold) return;
        isTold = true;
        out.note(`Stopped: ${stop}`);
      },
      () => undefined,
    );
  };
}
