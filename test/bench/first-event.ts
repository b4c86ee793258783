import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchCloud, startBenchCloud } from './local-cloud.ts';
import { percentile, type Row } from './measure.ts';

/** From before the request is sent until a client that asks every 10 ms sees that something has happened. */
async function firstEventMs(cloud: BenchCloud, n: number): Promise<number> {
  const from = performance.now();
  const request = { type: 'chat', payload: { prompt: `Say something, for the ${n}th time.` } };
  const { status, body } = await cloud.call('POST', '/jobs', request);
  if (status !== 201) throw new Error(`submit answered ${status}: ${JSON.stringify(body)}`);
  for (;;) {
    const { body: page } = await cloud.call('GET', `/jobs/${String(body.id)}/events`);
    if ((page.items as unknown[]).length > 0) return performance.now() - from;
    await sleep(10);
  }
}

/** What a person waits for in the function lane, with the offline model, which answers at once. */
export async function benchFirstEvent(): Promise<Row[]> {
  const cloud = await startBenchCloud([]);
  try {
    const times: number[] = [];
    for (let n = 0; n < 33; n++) {
      times.push(await firstEventMs(cloud, n));
      await sleep(300);
    }
    const warm = times.slice(3);
    const measured = `p50 ${percentile(warm, 50).toFixed(0)} ms, p95 ${percentile(warm, 95).toFixed(0)} ms`;
    return [{ what: '30 chats in functions, submit → first event', measured, target: 'p50 < 150 ms' }];
  } finally {
    await cloud.close();
  }
}
