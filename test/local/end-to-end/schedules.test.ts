import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import type { ScheduleDetail, ScheduleView, TickView } from '../../../lib/contracts/schedule.ts';
import { type Client, until } from './client.ts';
import {
  type Bed,
  briskSettings,
  guestArn,
  makePlace,
  type Place,
  setProviderKey,
  spawnCloud,
  startBed,
} from './harness.ts';
import { type FunctionReply, httpEvent } from './http-event.ts';

const echo = { type: 'echo', payload: { message: 'tick' }, budgetUsd: 0.01 };

/** Ticks first at `startsAt`, so that nobody has to wait for a minute. */
function pulse(name: string, inSeconds: number, more: object = {}) {
  const startsAt = new Date(Date.now() + inSeconds * 1000).toISOString();
  return { name, when: { everySeconds: 60 }, startsAt, starts: { job: echo }, ...more };
}

async function make(cloud: Client, body: object): Promise<ScheduleDetail> {
  const reply = await cloud.call<ScheduleDetail>('POST', '/schedules', body);
  if (reply.status !== 201) throw new Error(`POST /schedules: ${reply.status} ${reply.text}`);
  return reply.body;
}

async function read(cloud: Client, id: string): Promise<ScheduleDetail> {
  return (await cloud.call<ScheduleDetail>('GET', `/schedules/${id}`)).body;
}

function startedBy(cloud: Client, id: string): Promise<string> {
  return until(`schedule ${id} starts a job`, async () => {
    const [tick] = (await read(cloud, id)).recent;
    if (tick && tick.outcome !== 'started') throw new Error(`its tick ended ${JSON.stringify(tick)}`);
    return tick?.job;
  });
}

describe('a schedule', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await startBed();
  }, 120_000);
  afterAll(() => bed?.close(), 20_000);

  const start = async (id: string, key: string) =>
    (
      await bed.call<TickView>('POST', `/schedules/${id}/start`, undefined, {
        headers: { 'idempotency-key': key },
      })
    ).body;

  test('starts a job when the reconciler finds it due', async () => {
    const { id, next } = await make(bed, pulse('pulse', 2));
    expect(next).toHaveLength(5);
    const job = await bed.ended(await startedBy(bed, id));
    expect(job).toMatchObject({ status: 'SUCCEEDED', type: 'echo', project: 'default' });
    expect((await read(bed, id)).counts).toEqual({ started: 1, skipped: 0, missed: 0 });
  }, 90_000);

  test('starts a run as soon as its models have a key, and says until then why it does not', async () => {
    const run = { team: 'solo', objective: 'Look around.', budgetUsd: 1, maxCycles: 1 };
    const yearly = { when: { cron: '0 9 1 1 *', timeZone: 'Europe/Berlin' }, starts: { run } };
    const { id } = await make(bed, { name: 'yearly', project: 'shop', ...yearly });
    const refused = await start(id, 'first');
    expect(refused).toMatchObject({ outcome: 'skipped', reason: 'refused', cause: 'hand' });
    expect((await read(bed, id)).problem).toBe(refused.says);
    await setProviderKey(bed);
    // Functions keep for a while which providers had a key.
    const started = await until('the run starts', async () => {
      const tick = await start(id, `look ${Date.now()}`);
      return tick.outcome === 'started' ? tick : undefined;
    });
    const { body } = await bed.call<RunView>('GET', `/runs/${started.run}`);
    expect(body).toMatchObject({ project: 'shop', team: 'solo', budgetUsd: 1, maxCycles: 1 });
    await bed.call('POST', `/runs/${started.run}/stop`);
  }, 90_000);

  test('is paused, resumed, listed and deleted; the same start again is the same tick', async () => {
    const { id } = await make(bed, { name: 'hourly', when: { everySeconds: 3_600 }, starts: { job: echo } });
    const first = await start(id, 'once');
    expect(await start(id, 'once')).toEqual(first);
    expect((await bed.call<ScheduleView>('POST', `/schedules/${id}/pause`)).body).toMatchObject({
      state: 'paused',
      next: [],
    });
    expect((await bed.call<ScheduleView>('POST', `/schedules/${id}/resume`)).body.next).toHaveLength(5);
    const list = () => bed.call<{ items: ScheduleView[] }>('GET', '/schedules?project=default');
    expect((await list()).body.items.map(({ name }) => name)).toContain('hourly');
    expect(await bed.call('DELETE', `/schedules/${id}`)).toMatchObject({
      status: 200,
      body: { deleted: true },
    });
    expect((await list()).body.items.map(({ name }) => name)).not.toContain('hourly');
    expect(await bed.call('DELETE', `/schedules/${id}`)).toMatchObject({ status: 404 });
  }, 60_000);

  test('of another project does not exist for a caller, and none is there for a worker [D4]', async () => {
    const { id } = await make(bed, { name: 'theirs', when: { everySeconds: 3_600 }, starts: { job: echo } });
    const [name = ''] = bed.cloud.lambda.functionNames().filter((known) => known.includes('Schedules'));
    const asGuest = async (method: string, path: string) => {
      const outcome = await bed.cloud.lambda.invoke(name, httpEvent({ method, path, userArn: guestArn }));
      if (!outcome.ok) throw new Error(outcome.error.errorMessage);
      return (JSON.parse(outcome.payload) as FunctionReply).statusCode;
    };
    for (const [method = '', rest = ''] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
      ['POST', '/start'],
    ])
      expect([rest, await asGuest(method, `/schedules/${id}${rest}`)]).toEqual([rest, 404]);
    expect(await asGuest('GET', '/schedules')).toBe(200);
    const asWorker = { credentials: bed.cloud.workerCredentials };
    expect((await bed.call('GET', '/schedules', undefined, asWorker)).status).toBe(403);
    expect((await fetch(`${bed.cloud.url}/schedules`)).status).toBe(403);
  }, 60_000);

  test.each([
    [
      'a run without its bounds',
      { starts: { run: { team: 'solo', objective: 'x' } } },
      400,
      'invalid_request',
    ],
    ['an unknown zone', { when: { cron: '0 9 * * 1', timeZone: 'Mars/Phobos' } }, 400, 'invalid_request'],
    ['another schedule under its name', { when: { everySeconds: 61 } }, 409, 'schedule_exists'],
  ])(
    'is refused as %s',
    async (_what, more, status, code) => {
      const given = { name: 'taken', when: { everySeconds: 60 }, starts: { job: echo } };
      await bed.call('POST', '/schedules', given);
      expect((await bed.call('POST', '/schedules', given)).status).toBe(200);
      const name = status === 409 ? 'taken' : 'refused';
      expect(await bed.call('POST', '/schedules', { ...given, ...more, name })).toMatchObject({
        status,
        body: { code },
      });
    },
    30_000,
  );
});

describe('a cloud that is killed', () => {
  let place: Place;
  beforeAll(async () => {
    place = await makePlace(briskSettings);
  }, 120_000);
  afterAll(() => place?.remove(), 20_000);

  test('before a tick starts it once when it is back', async () => {
    const cloud = await spawnCloud(place);
    const { id } = await make(cloud, pulse('survivor', 4, { project: 'survivor' }));
    expect(await cloud.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    const again = await spawnCloud(place);
    try {
      await again.ended(await startedBy(again, id));
      const [job, ...others] = await again.allEnded('survivor', 1);
      expect([job?.status, others]).toEqual(['SUCCEEDED', []]);
    } finally {
      await again.end('SIGTERM');
    }
  }, 120_000);
});
