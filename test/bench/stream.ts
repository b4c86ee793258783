import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEventStream } from '#adapters/client/event-stream.ts';
import type { StreamedEvent } from '#contracts/stream.ts';
import { EventTrack } from '#core/stream/event-track.ts';
import { createOfflineModel } from '../../lib/local/offline-model/offline-model.ts';
import { parseScript } from '../../lib/local/offline-model/script.ts';
import { type BenchCloud, startBenchCloud } from './local-cloud.ts';
import { percentile, type Row } from './measure.ts';

const deltaMs = 20;
const words = 800;

/** Speaks for a few seconds, a word at a time. */
async function startModel() {
  const text = Array.from({ length: words }, (_, n) => `word${n}`).join(' ');
  const rules = [{ name: 'speaks', when: {}, answer: { blocks: [{ type: 'text', text }] } }];
  const model = createOfflineModel({ script: parseScript({ rules }), deltaMs });
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    await model(req, res, Buffer.concat(chunks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

interface Reader {
  events: StreamedEvent[];
  afterMs: number[];
  isLive(): boolean;
}

function read(cloud: BenchCloud, id: string, signal: AbortSignal): Reader {
  const events: StreamedEvent[] = [];
  const afterMs: number[] = [];
  const stream = openEventStream(cloud.target, { signal });
  stream.watch(id, {
    track: new EventTrack<StreamedEvent>(),
    onEvents(fresh) {
      events.push(...fresh);
      const nowMs = Date.now();
      // What was said before the reader came shows when it came, and nothing else.
      if (stream.isLive(id)) afterMs.push(...fresh.map(({ atMs }) => nowMs - atMs));
    },
    onHint: () => undefined,
  });
  return { events, afterMs, isLive: () => stream.isLive(id) };
}

async function ended(cloud: BenchCloud, id: string): Promise<void> {
  for (;;) {
    const { body } = await cloud.call('GET', `/jobs/${id}`);
    if (body.status === 'SUCCEEDED') return;
    if (body.endedAt) throw new Error(`job ${id} ended ${JSON.stringify(body)}`);
    await sleep(100);
  }
}

async function logOf(cloud: BenchCloud, id: string): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  for (let after = ''; ; ) {
    const { body } = await cloud.call('GET', `/jobs/${id}/events${after && `?after=${after}`}`);
    const items = body.items as StreamedEvent[];
    if (items.length === 0) return events;
    events.push(...items);
    after = encodeURIComponent(String(body.cursor));
  }
}

interface Watched {
  afterMs: number[];
  /** Readers that hold exactly the events of the log, in their order. */
  whole: number;
  events: number;
}

async function watchOne(cloud: BenchCloud, readers: number): Promise<Watched> {
  const over = new AbortController();
  const request = { type: 'chat', payload: { prompt: `Speak to ${readers}, at ${Date.now()}.` } };
  const { body } = await cloud.call('POST', '/jobs', request);
  const id = String(body.id);
  const all = Array.from({ length: readers }, () => read(cloud, id, over.signal));
  await ended(cloud, id);
  const log = await logOf(cloud, id);
  const isWhole = ({ events }: Reader) =>
    JSON.stringify(events.map(sorted)) === JSON.stringify(log.map(sorted));
  for (let waits = 0; waits < 100 && !all.every(isWhole); waits++) await sleep(100);
  over.abort();
  if (log.length === 0) throw new Error(`job ${id} has said nothing`);
  return {
    afterMs: all.flatMap(({ afterMs }) => afterMs),
    whole: all.filter(isWhole).length,
    events: log.length,
  };
}

/** Which field comes first does not matter. */
function sorted(event: StreamedEvent): unknown {
  return Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** From what the worker said to its being with whoever watches; and whether many get all of it. */
export async function benchStream(): Promise<Row[]> {
  const model = await startModel();
  const cloud = await startBenchCloud([], { ANTHROPIC_API_KEY: 'bench', ANTHROPIC_BASE_URL: model.url });
  try {
    await watchOne(cloud, 1);
    const few: number[] = [];
    for (let n = 0; n < 5; n++) few.push(...(await watchOne(cloud, 1)).afterMs);
    const many = await watchOne(cloud, 200);
    const times = (afterMs: number[]) =>
      `p50 ${percentile(afterMs, 50).toFixed(0)} ms, p95 ${percentile(afterMs, 95).toFixed(0)} ms`;
    return [
      { what: 'an event, said → with its watcher', measured: times(few), target: 'p95 < 300 ms' },
      {
        what: '200 watchers of one job',
        measured: `${many.whole} have all ${many.events} events; ${times(many.afterMs)}`,
        target: '200, nothing lost',
      },
    ];
  } finally {
    await cloud.close();
    model.close();
  }
}
