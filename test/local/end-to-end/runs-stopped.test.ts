import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeLocalFile } from '../../../lib/adapters/client/local-file.ts';
import type { JobView } from '../../../lib/contracts/job-view.ts';
import type { Operation } from '../../../lib/contracts/operations.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import { muster } from '../../cli/harness.ts';
import { until } from './client.ts';
import { briskSettings, makePlace, type Place } from './harness.ts';
import { processOf, workersOf } from './processes.ts';
import { loadWorkshop, type RunBed, startRunBed } from './run-bed.ts';
import { type StoryAction, tell } from './stories.ts';

const actionsAtOnce = 3;
/** Instead of two minutes. Long enough to look before it is over. */
const stopTimeoutSeconds = 6;
const patience = { limitMs: 240_000 };

let gates: string;
let place: Place;
let assemblyDir: string;
let bed: RunBed;

/** Writes a part, then waits for the gate; after that it writes the rest. Each turn leaves its mark. */
function held(name: string, id: number): StoryAction {
  const mark = `${gates}/${name}-${id}`;
  const wait = `touch ${mark}-waits; until [ -e ${gates}/${name}-open ]; do sleep 0.1; done`;
  const bash = (command: string) => [{ name: 'bash', input: { command } }];
  return {
    id,
    owner: 'writer',
    kind: 'write',
    turns: [
      bash(`echo part >> text-${id}.md; echo once >> ${mark}-first`),
      bash(wait),
      bash(`${wait}; echo whole >> text-${id}.md`),
    ],
    checks: [{ tool: 'file_says', args: { path: `text-${id}.md`, text: 'whole' } }],
  };
}

/** The synthesized app, but its workers are killed sooner. */
function withStopTimeout(from: string): string {
  const to = join(gates, 'assembly');
  cpSync(from, to, { recursive: true });
  const file = join(to, 'Muster.template.json');
  const template = readFileSync(file, 'utf8');
  writeFileSync(file, template.replace(/"StopTimeout": 120/, `"StopTimeout": ${stopTimeoutSeconds}`));
  return to;
}

const names = ['obedient', 'deaf'];
beforeAll(async () => {
  gates = mkdtempSync(join(tmpdir(), 'muster-gates-'));
  place = await makePlace(briskSettings);
  assemblyDir = withStopTimeout(place.assemblyDir);
  const stories = names.map((name) => ({
    name,
    cycles: [{ actions: [1, 2, 3].map((id) => held(name, id)) }],
  }));
  bed = await startRunBed({ assemblyDir, modelRules: tell(stories) });
  const workshop = await loadWorkshop();
  const execution = { ...workshop.team.execution, concurrency: actionsAtOnce };
  await bed.putTeam({ ...workshop, team: { ...workshop.team, execution } });
  const { url: apiUrl, region, outputs, clientCredentials } = bed.cloud;
  const where = { apiUrl, endpointUrl: apiUrl, region, outputs, offlineModel: true };
  writeLocalFile(bed.dataDir, { ...where, ...clientCredentials, pid: process.pid });
}, 130_000);
afterAll(async () => {
  await bed?.close();
  place?.remove();
  rmSync(gates, { recursive: true, force: true });
}, 20_000);

const cli = (...args: string[]) => muster(['--data', bed.dataDir, ...args]);
const workOf = (run: RunView) => [1, 2, 3].map((id) => `${run.id}-c1-a${id}-r0-do`);

/** A run whose three actions are in the middle of their work, each in a process of its own. */
async function busy(name: string): Promise<RunView> {
  const run = await bed.story(name);
  await until(
    'three actions work side by side',
    () => [1, 2, 3].every((id) => existsSync(join(gates, `${name}-${id}-waits`))) || undefined,
    patience,
  );
  expect(workers()).toHaveLength(actionsAtOnce);
  return run;
}

/** The processes that tasks were started with; each has helpers. */
function workers(): number[] {
  return workersOf(bed.dataDir).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.mjs'),
  );
}

/** Every process on this machine that is a worker, or that one of them has started. */
function processesOfWork(): string[] {
  const ours = [join(bed.dataDir, 'ecs', 'work'), `until [ -e ${gates}`];
  return readdirSync('/proc').filter((pid) => {
    try {
      const said = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join();
      return ours.some((text) => said.includes(text));
    } catch {
      // Not a process, somebody else's, or gone meanwhile.
      return false;
    }
  });
}

function countOf(operation: string, caller = ''): number {
  return bed.cloud
    .calls()
    .filter((call) => call.operation === operation && call.caller.includes(caller))
    .reduce((sum, { count }) => sum + count, 0);
}

/** Each pass asks four shards of what is due, and more. */
const reconcilerPasses = () => countOf('Query', 'Reconciler') / 4;

/** Nothing is asked of a model and nothing is started while the reconciler passes again and again. */
async function nothingHappens(run: RunView): Promise<void> {
  const before = [bed.modelRequests.length, countOf('RunTask')];
  const passes = reconcilerPasses();
  await until('the reconciler has passed', () => reconcilerPasses() >= passes + 6 || undefined, patience);
  expect([bed.modelRequests.length, countOf('RunTask')]).toEqual(before);
  expect(processesOfWork()).toEqual([]);
  expect(await bed.run(run.id)).toMatchObject({ status: 'RUNNING', cycles: [{ cycle: 1 }] });
}

/** Every call of a model is in the ledger once, and the run, its purse and the month hold exactly their sum. */
async function moneyIsRight(run: RunView): Promise<void> {
  await Promise.all((await jobIdsOf(run)).map((id) => bed.settled(id)));
  const ledger = (await bed.items()).filter(
    ({ sk, run: of }) => String(sk).startsWith('LEDGER#') && of === run.id,
  );
  const asked = bed.modelRequests.filter((request) =>
    JSON.stringify(request).includes(`tory ${run.project}`),
  );
  expect(ledger).toHaveLength(asked.length);
  const spentMicroUsd = ledger.reduce((sum, { microUsd }) => sum + Number(microUsd), 0);
  expect(Math.round((await bed.run(run.id)).costUsd * 1e6)).toBe(spentMicroUsd);
  expect(await bed.item(`PROJECT#${run.id}`, 'MONTH#run')).toMatchObject({
    committedMicroUsd: spentMicroUsd,
  });
  const month = new Date().toISOString().slice(0, 7);
  expect(await bed.item(`PROJECT#${run.project}`, `MONTH#${month}`)).toMatchObject({
    committedMicroUsd: spentMicroUsd,
  });
}

async function jobIdsOf({ project }: RunView): Promise<string[]> {
  const { items } = await bed.must<{ items: JobView[] }>('GET', `/jobs?project=${project}&limit=100`);
  return items.map(({ id }) => id);
}

/** The gate is opened, everything is let go, and the run ends as if nothing had been. */
async function goesOn(run: RunView): Promise<void> {
  writeFileSync(join(gates, `${run.project}-open`), '');
  expect(await cli('resume')).toMatchObject({ code: 0 });
  expect(await bed.ended(run.id)).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done', cycle: 1 });
  for (const [index, id] of workOf(run).entries()) {
    expect(await bed.job(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2, failures: 0 });
    expect(readFileSync(join(gates, `${run.project}-${index + 1}-first`), 'utf8')).toBe('once\n');
  }
  const files = await bed.workspace(run.id);
  for (const id of [1, 2, 3]) expect(files[`text-${id}.md`]).toBe('part\nwhole\n');
  await moneyIsRight(run);
}

describe('in the middle of a busy run everything is stopped', () => {
  test('by one command, which ends when no worker is left; after the resume the run goes on to its end [A8]', async () => {
    const run = await busy('obedient');
    const { code, stdout } = await cli('stop-all', '--json');
    expect(processesOfWork()).toEqual([]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'SUCCEEDED',
      stillAlive: [],
      waitingRuns: [{ run: run.id, status: 'RUNNING', executionArn: run.links.executionArn }],
    });
    for (const id of workOf(run)) expect(await bed.job(id)).toMatchObject({ status: 'QUEUED', attempt: 1 });
    await nothingHappens(run);
    await goesOn(run);
  }, 600_000);

  test('a worker that is deaf to it is named until it is killed, and the exit code says so [A8]', async () => {
    const run = await busy('deaf');
    const [deaf = 0] = workers();
    process.kill(deaf, 'SIGSTOP');
    const early = await cli('stop-all', '--timeout', '1', '--json');
    expect(early.code).toBe(6);
    const { status, stillAlive } = JSON.parse(early.stdout) as Operation;
    expect(status).toBe('RUNNING');
    const named = stillAlive.map(({ taskArn = '' }) => processOf(bed.dataDir, taskArn)?.pid);
    expect(named).toContain(deaf);
    expect(JSON.parse(early.stderr)).toMatchObject({ code: 'unavailable' });
    const { code, stdout } = await cli('stop-all');
    expect([code, stdout]).toEqual([0, expect.stringContaining('no worker is alive')]);
    expect(stdout).toContain(`${run.id} RUNNING: waits`);
    expect(processesOfWork()).toEqual([]);
    await goesOn(run);
  }, 600_000);
});
