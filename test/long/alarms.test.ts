import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand, PurgeQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { alarmRows } from '../../lib/constructs/alarms.ts';
import type { JobRow } from '../../lib/contracts/job-row.ts';
import type { JobView } from '../../lib/contracts/job-view.ts';
import type { RunView } from '../../lib/contracts/run-view.ts';
import { outputs } from '../../lib/contracts/settings.ts';
import { readSettings } from '../../lib/stacks/read-settings.ts';
import { type AlarmBed, startAlarmBed } from '../local/end-to-end/alarm-bed.ts';
import { until } from '../local/end-to-end/client.ts';
import { processOf } from '../local/end-to-end/processes.ts';
import { loadWorkshop } from '../local/end-to-end/run-bed.ts';
import { hang, objectiveOf, type Story, tell } from '../local/end-to-end/stories.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const limitMs = 120_000;

const write = (name: string): Story => ({
  name,
  cycles: [
    {
      actions: [
        {
          ...{ id: 1, owner: 'writer', kind: 'write', bash: ['echo "a text" > text.md'] },
          checks: [{ tool: 'file_says', args: { path: 'text.md', text: 'a text' } }],
        },
      ],
    },
  ],
});
const quarrel: Story = {
  name: 'quarrel',
  votes: { builder: 'no_go', inspector: 'no_go' },
  closing: {
    summary: 'There is no plan.',
    decisions: [],
    actions: [],
    positions: [
      { position: 'Build it now.', heldBy: ['planner', 'writer'] },
      { position: 'Measure it first.', heldBy: ['builder', 'inspector'] },
    ],
    wouldResolve: 'Somebody measures the river.',
  },
  cycles: [{ actions: [] }],
};
const silence: Story = { ...write('silence'), speakFault: hang };
const stories = [write('expiry'), write('doors'), write('handoff'), quarrel, silence];
/** Of a model that has much to say. */
const longAnswer = {
  name: 'at length',
  when: { prompt: 'at length' },
  answer: { blocks: [{ type: 'text', text: 'word '.repeat(30_000) }] },
};
const revoked = {
  name: 'revoked',
  when: { prompt: 'revoked' },
  fault: { kind: 'status', status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
};

let bed: AlarmBed;
beforeAll(async () => {
  bed = await startAlarmBed([longAnswer, revoked, ...tell(stories)], { projectMonthBudgetUsd: 5 });
  // Older than all that alarms look back on.
  bed.pass(24 * hourMs);
}, 130_000);
afterAll(() => bed?.close(), 20_000);

const rang = new Set<string>();

/** Quiet before, and quiet again once what has happened lies behind what the alarm looks at. */
function rings(title: string, alarm: string, cause: () => Promise<void>): void {
  test(
    `${alarm} rings when ${title}, tells its topic, and ends [A10]`,
    async () => {
      await bed.isOk(alarm);
      await cause();
      await bed.tells(alarm, 'ALARM');
      rang.add(alarm);
      bed.pass(hourMs);
      await bed.tells(alarm, 'OK');
    },
    limitMs,
  );
}

const echo = (more: object = {}, delaySeconds = 0) => ({
  ...{ type: 'echo', payload: { message: 'hello', delaySeconds } },
  ...more,
});

async function kill(job: JobView): Promise<void> {
  const { links } = await bed.becomes(job.id, 'RUNNING');
  const worker = processOf(bed.dataDir, links.taskArn ?? '');
  if (!worker) throw new Error('the task has no process');
  process.kill(worker.pid, 'SIGKILL');
}

const three = [1, 2, 3];

describe('jobs', () => {
  rings('three workers cannot be started', 'StartFailures', async () => {
    bed.breakImage(true);
    for (const _ of three) {
      expect(await bed.stateOf('StartFailures')).toBe('OK');
      const { id } = await bed.submit(echo({ maxAttempts: 1 }));
      expect((await bed.settled(id)).error?.code).toBe('start_failed');
    }
    bed.breakImage(false);
  });

  rings('three workers are killed', 'WorkersDying', async () => {
    const jobs = await Promise.all(three.map(() => bed.submit(echo({ maxAttempts: 2 }, 4))));
    await Promise.all(jobs.map(kill));
    for (const { id } of jobs)
      expect(await bed.settled(id)).toMatchObject({ attempt: 2, status: 'SUCCEEDED' });
  });

  rings('five jobs fail', 'JobsFailing', async () => {
    const fails = { type: 'chat', payload: { prompt: 'Is this key revoked?' } };
    for (const _ of [...three, 4, 5]) {
      expect(await bed.stateOf('JobsFailing')).toBe('OK');
      expect(await bed.settled((await bed.submit(fails)).id)).toMatchObject({ status: 'FAILED', attempt: 1 });
    }
  });

  rings('models cost a tenth of the month within an hour', 'SpendingFast', async () => {
    const request = { type: 'chat', payload: { prompt: 'Speak at length.', maxTokens: 60_000 } };
    expect((await bed.settled((await bed.submit(request)).id)).spentMicroUsd).toBe(375_024);
    expect(await bed.stateOf('SpendingFast')).toBe('OK');
    await bed.submit(request);
  });
});

describe('runs', () => {
  rings('a cycle has failed', 'ExecutionsFailed', async () => {
    const { id } = await bed.story('quarrel');
    expect(await bed.ended(id)).toMatchObject({ outcome: 'MeetingDeadlocked' });
  });

  rings('the time of an approval is nearly over', 'ApprovalExpiring', async () => {
    const { id } = await bed.story('expiry', { approvals: { plan: true, expiresHours: 0.006 } });
    await bed.waitsFor(id, '-plan');
    expect(await bed.stateOf('ApprovalExpiring')).toBe('OK');
  });

  rings('twenty calls are refused', 'CallsDenied', async () => {
    const { team, prompts } = await loadWorkshop();
    const strict = { ...team, name: 'strict', approvals: { ...team.approvals, plan: true, own: false } };
    await bed.putTeam({ v: 1, team: strict, prompts });
    const { id } = await bed.start({
      team: 'strict',
      project: 'doors',
      objective: objectiveOf({ name: 'doors' }),
    });
    const gate = await bed.waitsFor(id, '-plan');
    const decision = { decision: 'approve', digest: gate.digest };
    const isRefused = async () =>
      expect((await bed.call('POST', `/approvals/${gate.id}`, decision)).status).toBe(403);
    for (let call = 0; call < 19; call++) await isRefused();
    // Refused before Muster hears of it: this does not count.
    expect((await fetch(`${bed.cloud.url}/jobs`)).status).toBe(403);
    expect(await bed.stateOf('CallsDenied')).toBe('OK');
    await isRefused();
    await bed.stop(id);
  });

  const check = ({ id }: RunView, ms: number) =>
    bed.age({ pk: `RUN#${id}`, sk: 'RUN' }, ['checkAtMs', 'dueAtMs'], ms);

  rings('nobody speaks for five minutes in a meeting', 'MeetingSilent', async () => {
    const run = await bed.story('silence');
    const meeting = `${run.id}-c1-meet`;
    await until('all four are asked', async () => {
      const row = (await bed.item(`JOB#${meeting}`, 'JOB')) as JobRow | undefined;
      return row?.reservations.length === 4 || undefined;
    });
    await check(run, 6 * minuteMs);
    await until(
      'it was looked at',
      async () => ((await bed.rowOf(run.id)).checkAtMs ?? 0) > Date.now() || undefined,
    );
    expect(await bed.stateOf('MeetingSilent')).toBe('OK');
    await bed.age({ pk: `JOB#${meeting}`, sk: 'JOB' }, ['updatedAtMs'], 5 * minuteMs);
    await check(run, 6 * minuteMs);
    await bed.tells('MeetingSilent', 'ALARM');
    await bed.stop(run.id);
  });

  rings('no action is begun within ten minutes of a plan', 'HandoffStalled', async () => {
    const run = await bed.story('handoff', { approvals: { plan: true } });
    const gate = await bed.waitsFor(run.id, '-plan');
    const Key = `projects/handoff/plans/${gate.digest}.json`;
    const Bucket = bed.cloud.outputs.BucketName;
    const Body = await bed.object(Key);
    // What the machine's first wave cannot do without.
    await bed.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await bed.decide(gate);
    await bed.reaches(run.id, 'waits for nobody', ({ waitsFor }) => waitsFor.length === 0);
    await bed.age({ pk: `RUN#${run.id}`, sk: 'CYCLE#00000001' }, ['updatedAtMs'], 10 * minuteMs);
    await check(run, 6 * minuteMs);
    await bed.tells('HandoffStalled', 'ALARM');
    await bed.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    expect((await bed.ended(run.id)).outcome).toBe('Done');
  });
});

describe('the control plane', () => {
  test(
    'ReconcilerSilent rings when no pass has finished for five minutes, tells its topic, and ends [A10]',
    async () => {
      await bed.tells('ReconcilerSilent', 'OK');
      bed.cloud.rules.close();
      bed.pass(5 * minuteMs);
      await bed.tells('ReconcilerSilent', 'ALARM');
      rang.add('ReconcilerSilent');
      bed.cloud.rules.start();
      await bed.tells('ReconcilerSilent', 'OK');
    },
    limitMs,
  );

  rings('the API answers five calls with a fault of its own', 'ServerErrors', async () => {
    // Nothing that Muster would write.
    await bed.put({ pk: 'JOB#job-odd', sk: 'JOB', id: 'job-odd' });
    const isFaulty = async () => expect((await bed.call('GET', '/jobs/job-odd')).status).toBe(500);
    for (let call = 0; call < 4; call++) await isFaulty();
    expect(await bed.stateOf('ServerErrors')).toBe('OK');
    await isFaulty();
    await bed.remove({ pk: 'JOB#job-odd', sk: 'JOB' });
  });

  rings('the dispatcher has failed five times on the same message', 'DeadLetters', async () => {
    const queue = bed.cloud.outputs[outputs.queueUrl] ?? '';
    await bed.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: { VisibilityTimeout: '0' } }),
    );
    const slots = { pk: 'SLOTS', sk: 'SLOTS' };
    const before = await bed.item(slots.pk, slots.sk);
    await bed.put({ ...slots, held: 'nothing that can be read' });
    const { id } = await bed.submit(echo());
    await bed.tells('DeadLetters', 'ALARM');
    await (before ? bed.put({ ...before, ...slots }) : bed.remove(slots));
    const { QueueUrls = [] } = await bed.sqs.send(new ListQueuesCommand({}));
    for (const QueueUrl of QueueUrls.filter((url) => url.includes('DeadLetters')))
      await bed.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    // The row is the truth: what the message said is still to be done.
    expect((await bed.settled(id)).status).toBe('SUCCEEDED');
  });

  rings('nobody looked at a schedule within five minutes', 'TicksMissed', async () => {
    bed.cloud.rules.close();
    const { id } = await bed.must<{ id: string }>('POST', '/schedules', {
      ...{ name: 'hourly', when: { everySeconds: 3_600 } },
      startsAt: new Date(Date.now() + 10 * minuteMs).toISOString(),
      starts: { job: { ...echo(), budgetUsd: 0.01 } },
    });
    const times = ['anchorMs', 'startsAtMs', 'nextAtMs', 'dueAtMs'];
    await bed.age({ pk: `SCHEDULE#${id}`, sk: 'SCHEDULE' }, times, 16 * minuteMs);
    expect(await bed.stateOf('TicksMissed')).toBe('OK');
    bed.cloud.rules.start();
  });

  rings('a job has been waiting for half an hour', 'QueueStuck', async () => {
    expect((await bed.operator('stop-all')).code).toBe(0);
    const { id } = await bed.submit(echo());
    await bed.age({ pk: `JOB#${id}`, sk: 'JOB' }, ['queuedAtMs'], 30 * minuteMs);
    for (const _ of three) {
      expect(await bed.stateOf('QueueStuck')).toBe('OK');
      bed.pass(5 * minuteMs);
      await bed.isOk('ReconcilerSilent');
    }
    await bed.tells('QueueStuck', 'ALARM');
    expect((await bed.operator('resume')).code).toBe(0);
    await bed.settled(id);
  });
});

test('every alarm has rung here, but for what learns what is usual and what lies behind all other limits [A10]', () => {
  const caused = alarmRows(readSettings({ profile: 'prod', access: {} })).filter(
    ({ id, comparison }) => comparison !== 'aboveUsual' && id !== 'ExecutionsTimedOut',
  );
  expect([...rang]).toEqual(expect.arrayContaining(caused.map(({ id }) => id)));
});
