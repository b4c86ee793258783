import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GateView } from '../../../lib/contracts/gate.ts';
import { isTerminal } from '../../../lib/contracts/job-states.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import { until } from './client.ts';
import { workersOf } from './processes.ts';
import { type RunBed, startRunBed } from './run-bed.ts';
import { hang, type Story, type StoryAction, tell } from './stories.ts';

const text: StoryAction = {
  id: 1,
  owner: 'writer',
  kind: 'write',
  bash: ['echo "a text" > text.md'],
  checks: [{ tool: 'file_says', args: { path: 'text.md', text: 'a text' } }],
};
const told = (name: string, action: Partial<StoryAction> = {}, more: Partial<Story> = {}): Story => ({
  name,
  cycles: [{ actions: [{ ...text, ...action }] }],
  ...more,
});

/** Where each of them is when it is stopped follows from what never comes. */
const stories = [
  told('planning', {}, { speakFault: hang }),
  told('undecided'),
  told('executing', { bash: ['sleep 600'] }),
  told('checking', { reviewerFault: hang }),
  told('reviewing', {}, { cycles: [{ actions: [text], reviewFault: hang }] }),
  told('unreleased'),
  told('unagreed'),
  told('between', {}, { cycles: [{ actions: [text], achieved: false }] }),
];

let bed: RunBed;
beforeAll(async () => {
  bed = await startRunBed({ modelRules: tell(stories) });
}, 130_000);
afterAll(() => bed?.close(), 20_000);

const jobOf = (run: RunView, ending: string) => `${run.id}-c1-${ending}`;

async function isRunning(id: string): Promise<void> {
  await until(
    `job ${id} runs`,
    async () => {
      const { status, body } = await bed.call<{ status: string }>('GET', `/jobs/${id}`);
      return (status === 200 && body.status === 'RUNNING') || undefined;
    },
    { limitMs: 120_000 },
  );
}

/** Nothing of it works, waits or is owed any more. */
async function nothingIsLeft(run: RunView): Promise<void> {
  const items = (await bed.items()).filter((item) => JSON.stringify(item).includes(run.id));
  const jobs = items.filter(({ sk }) => sk === 'JOB') as {
    id: string;
    status: Parameters<typeof isTerminal>[0];
  }[];
  for (const { id, status } of jobs) expect([id, status, isTerminal(status)]).toEqual([id, status, true]);
  const { body } = await bed.call<{ items: GateView[] }>(
    'GET',
    `/approvals?project=${run.project}&limit=100`,
  );
  expect(body.items.filter((gate) => gate.run === run.id)).toEqual([]);
  await until('all workers are gone', () => workersOf(bed.dataDir).length === 0 || undefined);
  expect((await bed.rowOf(run.id)).outbox).toEqual({});
}

interface Described {
  status: string;
  error?: string;
  output?: string;
}

function describeExecution(executionArn: string): Promise<Described> {
  return bed.callService<Described>('states', 'AWSStepFunctions.DescribeExecution', { executionArn });
}

async function isStopped(id: string): Promise<RunView> {
  const run = await bed.ended(id);
  expect(run).toMatchObject({ status: 'STOPPED', outcome: 'StoppedByPerson', waitsFor: [] });
  expect(run.cycles).toMatchObject([{ end: 'StoppedByPerson', endedAt: expect.any(String) }]);
  expect(await bed.file(id, 'cycles/1/report.html')).toContain('The run was stopped on request.');
  const execution = await until('the execution has ended', async () => {
    const found = await describeExecution(run.links.executionArn ?? '');
    return found.status === 'RUNNING' ? undefined : found;
  });
  expect(execution).toMatchObject({ status: 'FAILED', error: 'StoppedByPerson' });
  await nothingIsLeft(run);
  return run;
}

async function stopped(run: RunView): Promise<RunView> {
  const { status, body } = await bed.call<RunView>('POST', `/runs/${run.id}/stop`);
  expect([status, body.status]).toEqual([202, 'STOPPING']);
  return isStopped(run.id);
}

describe('a run that is stopped closes its cycle, with a report and nothing left', () => {
  test.each([
    ['while its meeting speaks', 'planning', 'meet', undefined],
    ['while an action is carried out', 'executing', 'a1-r0-do', 'STOPPED'],
    ['while an action is checked', 'checking', 'a1-r0-check', 'STOPPED'],
    ['while the cycle is reviewed', 'reviewing', 'review', 'DONE'],
  ])(
    '%s',
    async (_, name, job, status) => {
      const run = await bed.story(name);
      await isRunning(jobOf(run, job));
      const { cycles } = await stopped(run);
      expect(cycles[0]?.actions.map((action) => action.status)).toEqual(status === undefined ? [] : [status]);
      expect((await bed.job(jobOf(run, job))).status).toBe('CANCELLED');
    },
    60_000,
  );

  test.each([
    ['while its plan waits for a person', 'undecided', '-plan', { plan: true }, 'STOPPED'],
    ['while an action waits for a person', 'unagreed', '-action', { kinds: ['write'] }, 'STOPPED'],
    ['while its release waits for a person', 'unreleased', '-release', { release: true }, 'DONE'],
  ])(
    '%s',
    async (_, name, ending, approvals, status) => {
      const run = await bed.story(name, { approvals });
      const gate = await bed.waitsFor(run.id, ending);
      const { cycles } = await stopped(run);
      expect(cycles[0]?.actions.map((action) => action.status)).toEqual([status]);
      expect(await bed.gate(gate.id)).toMatchObject({ status: 'CANCELLED', comment: 'the run was stopped' });
      const late = await bed.call('POST', `/approvals/${gate.id}`, {
        decision: 'approve',
        digest: gate.digest,
      });
      expect(late).toMatchObject({ status: 409, body: { code: 'approval_decided' } });
    },
    60_000,
  );

  test('between two cycles, at once', async () => {
    const { id } = await bed.story('between', { maxCycles: 2, cadence: { everySeconds: 3_600 } });
    const waiting = await bed.reaches(
      id,
      'waits for its next cycle',
      ({ nextCycleAt }) => nextCycleAt !== undefined,
    );
    expect(waiting).toMatchObject({ status: 'RUNNING', cycle: 2, cycles: [{ end: 'Done' }] });
    const { status, body } = await bed.call<RunView>('POST', `/runs/${id}/stop`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'STOPPED', outcome: 'StoppedByPerson' });
    expect(body.nextCycleAt).toBeUndefined();
    const run = await bed.run(id);
    expect(run.links.report).toBe(`/runs/${id}/files/cycles/1/report.html`);
    await nothingIsLeft(run);
  }, 130_000);

  test('twice: the second time answers as before; one that ended otherwise cannot be stopped', async () => {
    const run = await bed.story('undecided');
    await bed.ended(run.id);
    expect(await bed.call('POST', `/runs/${run.id}/stop`)).toMatchObject({
      status: 409,
      body: { code: 'run_ended' },
    });
    const other = await bed.story('planning');
    await bed.stop(other.id);
    await bed.stop(other.id);
    await isStopped(other.id);
    expect((await bed.stop(other.id)).status).toBe('STOPPED');
  }, 130_000);
});
