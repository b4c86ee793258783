import { expect, test } from '@jest/globals';
import { runEventCursor } from '#core/jobs/event-cursor.ts';
import type { RunStore } from '#core/ports/run-store.ts';
import { type SayDeps, say } from '#core/runs/say.ts';
import { makeMemoryDeps } from '../../fakes/memory-deps.ts';

const run = 'run-0123456789abcdef';

/** A run whose next event gets number 7, and one watcher. */
function makeBed(sayInLog: RunStore['events']['say'] = async () => 7) {
  const { clock, log, metrics, digest } = makeMemoryDeps();
  const pushed: unknown[] = [];
  const deps: SayDeps = {
    clock,
    log,
    metrics,
    digest,
    runs: { events: { say: sayInLog } } as unknown as RunStore,
    stream: {
      watchers: async (id) => (id === run ? ['one'] : []),
      push: async (_id, connections, messages) => {
        pushed.push([connections, ...messages.map((text) => JSON.parse(text))]);
        return { missed: 0 };
      },
    },
  };
  return { deps, pushed, metrics };
}

test('what happens in a run is with its watchers under the number that it has in the log [A9] [B11]', async () => {
  const { deps, pushed } = makeBed();
  await say(deps, run, { type: 'meeting', message: 'The meeting has begun' });
  const item = { type: 'meeting', message: 'The meeting has begun', atMs: deps.clock.nowMs(), seq: 7 };
  const cursor = runEventCursor(deps.digest, run, 7);
  expect(pushed).toEqual([[['one'], { type: 'events', watch: run, items: [item], cursor, live: true }]]);
});

test('what could not be written in the log is not pushed either', async () => {
  const { deps, pushed, metrics } = makeBed(async () => {
    throw new Error('no number was free');
  });
  await say(deps, run, { type: 'end', message: 'Over' });
  expect(pushed).toEqual([]);
  expect(metrics.counts.DeliveryFailures).toBe(1);
});
