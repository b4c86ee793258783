import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import type { ScheduleDetail } from '../../../lib/contracts/schedule.ts';
import { workerEnvironment } from '../../../lib/contracts/worker-environment.ts';
import { until } from './client.ts';
import {
  briskSettings,
  type CloudProcess,
  makePlace,
  type Place,
  putProviderKey,
  spawnCloud,
} from './harness.ts';
import { loadWorkshop, makeRunClient, type RunClient } from './run-bed.ts';
import { objectiveOf, type Story, tell } from './stories.ts';

const names = ['rescue', 'despair', 'retreat'];
const stories = names.map(
  (name): Story => ({
    name,
    cycles: [
      {
        achieved: true,
        actions: [
          {
            ...{ id: 1, owner: 'writer', kind: 'write', bash: ['echo mended > mended.md'] },
            checks: [{ tool: 'file_says', args: { path: 'mended.md', text: 'mended' } }],
          },
        ],
      },
    ],
  }),
);

let place: Place;
let cloud: CloudProcess;
let runs: RunClient;

async function begin(): Promise<void> {
  cloud = await spawnCloud(place, {
    modelRules: tell(stories),
    taskEnvironment: { [workerEnvironment.unsandboxed]: '1' },
  });
  await putProviderKey(cloud, cloud.at);
  runs = makeRunClient(cloud);
}

beforeAll(async () => {
  place = await makePlace(briskSettings);
  await begin();
  await runs.putTeam(await loadWorkshop());
}, 180_000);
afterAll(async () => {
  await cloud?.end('SIGTERM');
  place?.remove();
}, 20_000);

/** CloudWatch forgets within a minute what was set, and judges again. */
async function ring(): Promise<void> {
  await cloud.callService('monitoring', 'GraniteServiceVersion20100801.SetAlarmState', {
    ...{ AlarmName: 'Muster-JobsFailing', StateValue: 'ALARM', StateReason: 'Seven jobs have failed.' },
  });
}

function watchOf({ cycles }: RunView) {
  return cycles.at(-1)?.recovery;
}

describe('an alarm [C5]', () => {
  let schedule: string;
  let run: string;

  test('starts a run, which has mended what it could and now waits until the alarm is over', async () => {
    const made = await runs.must<ScheduleDetail>('POST', '/schedules', {
      ...{ name: 'rescuer', project: 'rescue', when: { alarm: 'JobsFailing' } },
      starts: {
        run: {
          ...{ team: 'workshop', objective: objectiveOf({ name: 'rescue' }), budgetUsd: 2, maxCycles: 1 },
          recovery: { alarm: '{{alarm}}', withinMinutes: 5, steadyMinutes: 0.03 },
        },
      },
    });
    schedule = made.id;
    await ring();
    run = await until('the alarm starts a run', async () => {
      const { recent } = await runs.must<ScheduleDetail>('GET', `/schedules/${schedule}`);
      return recent[0]?.run;
    });
    const waiting = await runs.reaches(run, 'waits for its alarm', (found) => watchOf(found) !== undefined);
    expect(watchOf(waiting)).toMatchObject({ alarm: 'Muster-JobsFailing', status: 'WATCHING' });
    const { text } = await runs.json<{ text: string }>(run, 'cycles/1/briefing.json');
    expect(text).toContain('> Alarm: Muster-JobsFailing');
    expect(text).toContain('> Reason: Seven jobs have failed.');
  }, 240_000);

  test('is not forgotten when the cloud is killed; when it is over, the run is done', async () => {
    expect(await cloud.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    await begin();
    const ended = await runs.ended(run);
    expect([ended.status, ended.outcome]).toEqual(['SUCCEEDED', 'Done']);
    expect(watchOf(ended)).toMatchObject({ status: 'RECOVERED', state: 'OK' });
    const { counts } = await runs.must<ScheduleDetail>('GET', `/schedules/${schedule}`);
    expect(counts).toEqual({ started: 1, skipped: 0, missed: 0 });
  }, 240_000);

  test('that is not over in time ends the run as NotRecovered, which is a failure that says so', async () => {
    const { id } = await runs.story('despair', {
      maxCycles: 1,
      recovery: { alarm: 'nobody-has-this-alarm', withinMinutes: 0.05, steadyMinutes: 0.01 },
    });
    const ended = await runs.ended(id);
    expect([ended.status, ended.outcome]).toEqual(['FAILED', 'NotRecovered']);
    expect(ended.cycles[0]?.actions[0]?.status).toBe('DONE');
    expect(watchOf(ended)).toMatchObject({ status: 'NOT_RECOVERED', state: 'MISSING' });
    expect(await runs.file(id, 'cycles/1/report.html')).toContain(
      'nobody-has-this-alarm was not over in time',
    );
  }, 240_000);

  test('is not waited for any more when the run is stopped', async () => {
    const { id } = await runs.story('retreat', {
      recovery: { alarm: 'nobody-has-this-alarm', withinMinutes: 10, steadyMinutes: 1 },
    });
    await runs.reaches(id, 'waits for its alarm', (found) => watchOf(found) !== undefined);
    await runs.stop(id);
    const ended = await runs.ended(id);
    expect([ended.status, watchOf(ended)?.status]).toEqual(['STOPPED', 'CANCELLED']);
  }, 240_000);
});
