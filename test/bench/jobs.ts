import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchCloud, startBenchCloud } from './local-cloud.ts';
import { percentile, type Row } from './measure.ts';

const terminal = new Set(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED']);

async function submit(cloud: BenchCloud, message: string): Promise<string> {
  const { status, body } = await cloud.call('POST', '/jobs', { type: 'echo', payload: { message } });
  if (status !== 201) throw new Error(`submit answered ${status}: ${JSON.stringify(body)}`);
  return String(body.id);
}

async function waitForEnd(cloud: BenchCloud, id: string, everyMs: number): Promise<string> {
  for (;;) {
    const { body } = await cloud.call('GET', `/jobs/${id}`);
    if (terminal.has(String(body.status))) return String(body.status);
    await sleep(everyMs);
  }
}

async function oneByOne(cloud: BenchCloud, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const from = performance.now();
    const id = await submit(cloud, `job ${n}`);
    const status = await waitForEnd(cloud, id, 10);
    await cloud.call('GET', `/jobs/${id}/result`);
    if (status !== 'SUCCEEDED') throw new Error(`job ${id} ended ${status}`);
    times.push(performance.now() - from);
  }
  return times;
}

async function atOnce(
  cloud: BenchCloud,
  count: number,
): Promise<{ seconds: number; ended: number; succeeded: number }> {
  const from = performance.now();
  const ids = await Promise.all(Array.from({ length: count }, (_, n) => submit(cloud, `job ${n}`)));
  const statuses: string[] = [];
  for (const id of ids) statuses.push(await waitForEnd(cloud, id, 100));
  const seconds = (performance.now() - from) / 1000;
  return {
    seconds,
    ended: new Set(ids).size,
    succeeded: statuses.filter((status) => status === 'SUCCEEDED').length,
  };
}

interface CallCount {
  caller: string;
  service: string;
  operation: string;
  count: number;
}

/** What one echo job costs in calls, from submit to the slot's release; the client's own reads are left out. */
async function countCalls(cloud: BenchCloud, jobs: number): Promise<CallCount[]> {
  await cloud.call('DELETE', '/_local/calls');
  const ids: string[] = [];
  for (let n = 0; n < jobs; n++) {
    ids.push(await submit(cloud, 'counted'));
    await sleep(2_000);
  }
  const { body } = await cloud.call('GET', '/_local/calls');
  // Looked at afterwards: a poll would have been counted as a read of the job.
  for (const id of ids) {
    const { body: job } = await cloud.call('GET', `/jobs/${id}`);
    if (job.status !== 'SUCCEEDED') throw new Error(`job ${id} is ${String(job.status)}`);
  }
  return body as unknown as CallCount[];
}

function shortCaller(caller: string): string {
  return caller
    .replace(/^Functions/, '')
    .replace(/[0-9A-F]{8}$/, '')
    .toLowerCase();
}

export async function benchJobs(): Promise<Row[]> {
  const single = await startBenchCloud([]);
  const rows: Row[] = [];
  try {
    await oneByOne(single, 3);
    const times = await oneByOne(single, 50);
    const measured = `p50 ${percentile(times, 50).toFixed(0)} ms, p95 ${percentile(times, 95).toFixed(0)} ms`;
    rows.push({ what: '50 echo jobs one by one, submit → result', measured, target: 'p50 < 400 ms' });
    printCalls(await countCalls(single, 10), 10);
  } finally {
    await single.close();
  }
  const many = await startBenchCloud(['--concurrency', '8', '--settings', '{"maxConcurrentWorkers":8}']);
  try {
    const { seconds, ended, succeeded } = await atOnce(many, 200);
    const measured = `${succeeded} of ${ended} succeeded, ${seconds.toFixed(1)} s, ${(succeeded / seconds).toFixed(1)} jobs/s`;
    rows.push({ what: '200 echo jobs at once, 8 workers', measured, target: 'all end, none lost' });
  } finally {
    await many.close();
  }
  return rows;
}

function printCalls(counts: readonly CallCount[], jobs: number): void {
  console.log(`\nAWS calls of one echo job (mean of ${jobs}):`);
  let sum = 0;
  for (const { caller, service, operation, count } of counts) {
    if (service === 'execute-api' && !operation.includes('worker')) continue;
    console.log(
      `  ${shortCaller(caller).padEnd(14)} ${service.padEnd(12)} ${operation.padEnd(18)} ${(count / jobs).toFixed(1)}`,
    );
    sum += count / jobs;
  }
  console.log(`  in all ${sum.toFixed(1)}\n`);
}
