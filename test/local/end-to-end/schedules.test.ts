import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ScheduleDetail } from '../../../lib/contracts/schedule.ts';
import { until } from './client.ts';
import { briskSettings, type CloudProcess, makePlace, type Place, spawnCloud } from './harness.ts';

let place: Place;
let cloud: CloudProcess;

beforeAll(async () => {
  place = await makePlace(briskSettings);
  cloud = await spawnCloud(place);
}, 120_000);
afterAll(async () => {
  await cloud?.end('SIGTERM');
  place?.remove();
}, 20_000);

/** Ticks first at `startsAt`, so that nobody has to wait for a minute. */
function pulse(name: string, inSeconds: number, more: object = {}) {
  return {
    name,
    when: { everySeconds: 60 },
    startsAt: new Date(Date.now() + inSeconds * 1000).toISOString(),
    starts: { job: { type: 'echo', payload: { message: `by ${name}` }, budgetUsd: 0.01 } },
    ...more,
  };
}

async function make(body: object): Promise<ScheduleDetail> {
  const reply = await cloud.call<ScheduleDetail>('POST', '/schedules', body);
  if (reply.status !== 201) throw new Error(`POST /schedules: ${reply.status} ${reply.text}`);
  return reply.body;
}

async function read(id: string): Promise<ScheduleDetail> {
  return (await cloud.call<ScheduleDetail>('GET', `/schedules/${id}`)).body;
}

function startedBy(id: string): Promise<string> {
  return until(`schedule ${id} starts a job`, async () => {
    const [tick] = (await read(id)).recent;
    if (tick && tick.outcome !== 'started') throw new Error(`its tick ended ${JSON.stringify(tick)}`);
    return tick?.job;
  });
}

describe('a schedule', () => {
  test('starts a job when the reconciler finds it due', async () => {
    const { id, next } = await make(pulse('pulse', 2));
    expect(next).toHaveLength(5);
    const job = await cloud.ended(await startedBy(id));
    expect(job).toMatchObject({ status: 'SUCCEEDED', type: 'echo', project: 'default' });
    expect((await read(id)).counts).toEqual({ started: 1, skipped: 0, missed: 0 });
  }, 90_000);

  test('is not lost when the cloud is killed before its tick, which is started once', async () => {
    const { id } = await make(pulse('survivor', 4, { project: 'survivor' }));
    expect(await cloud.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    cloud = await spawnCloud(place);
    await cloud.ended(await startedBy(id));
    const [job, ...others] = await cloud.allEnded('survivor', 1);
    expect([job?.status, others]).toEqual(['SUCCEEDED', []]);
  }, 120_000);
});
