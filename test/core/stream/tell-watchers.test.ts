import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Stream } from '#core/ports/stream.ts';
import { recordEvents } from '#core/worker/report.ts';
import { type StartedWorker, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

class RecordingStream implements Stream {
  connections: string[] = [];
  pushed: { connections: readonly string[]; messages: unknown[] }[] = [];
  missed = 0;
  /** How many batches the log had when watchers were told. */
  loggedThen: number | undefined;
  readonly #logged: () => number;

  constructor(logged: () => number) {
    this.#logged = logged;
  }

  async watchers(): Promise<string[]> {
    return this.connections;
  }

  async push(_id: string, connections: readonly string[], messages: readonly string[]) {
    this.loggedThen = this.#logged();
    this.pushed.push({ connections, messages: messages.map((text) => JSON.parse(text)) });
    return { missed: this.missed };
  }
}

let deps: MemoryDeps;
let worker: StartedWorker;
let stream: RecordingStream;
beforeEach(async () => {
  deps = makeMemoryDeps();
  await submit(deps);
  worker = await startNext(deps, '11'.repeat(32));
  stream = new RecordingStream(() => deps.events.jobs.get(worker.id)?.length ?? 0);
});

const event = { type: 'note', atMs: 1, message: 'hi' } as const;

function says(firstSeq: number) {
  return recordEvents({ ...deps, stream }, { ...worker.session, firstSeq, events: [event] });
}

describe('a worker that says something', () => {
  test('is told that nobody looks on, and nothing is pushed', async () => {
    expect(await says(1)).toEqual({ watched: false });
    expect(stream.pushed).toEqual([]);
  });

  test('is told that somebody looks on, who gets it after it has been written [A9]', async () => {
    stream.connections = ['one', 'two'];
    expect(await says(1)).toEqual({ watched: true });
    expect(stream.loggedThen).toBe(1);
    expect(stream.pushed).toMatchObject([
      {
        connections: ['one', 'two'],
        messages: [
          { type: 'events', watch: worker.id, live: true, items: [{ ...event, attempt: 1, seq: 1 }] },
        ],
      },
    ]);
  });

  test('does not notice that watchers cannot be reached; a metric does', async () => {
    stream.connections = ['one', 'two'];
    stream.missed = 2;
    expect(await says(1)).toEqual({ watched: true });
    expect(deps.metrics.counts.PushFailures).toBe(2);
  });

  test('does not notice that watchers cannot be found; a metric does', async () => {
    stream.watchers = async () => {
      throw new Error('no table');
    };
    expect(await says(1)).toEqual({ watched: false });
    expect(deps.metrics.counts.PushFailures).toBe(1);
    expect(deps.events.jobs.get(worker.id)).toHaveLength(1);
  });
});
