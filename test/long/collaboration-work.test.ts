import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunView } from '../../lib/contracts/run-view.ts';
import { endsOf, readRunFile, repository } from '../local/end-to-end/team-run.ts';
import { type CollaborationBed, openCollaborationBed } from './collaboration-bed.ts';

jest.setTimeout(400_000);
const run = promisify(execFile);

let bed: CollaborationBed;
let piping: Promise<Story>;
let deploying: Promise<Story>;
let refusing: Promise<Story>;
beforeAll(async () => {
  bed = await openCollaborationBed(3);
  [piping, deploying, refusing] = [pipe(), deploy(), refuse()];
  await Promise.allSettled([piping, deploying, refusing]);
});
afterAll(() => bed?.close());

interface Story {
  ended: RunView;
  /** Where the user has put the files of the run. */
  folder: string;
}

function starts(workflow: string, example: string, cycles: number, ...sets: string[]): Promise<string> {
  const dir = join(repository, 'examples', example, 'project');
  const values = sets.flatMap((value) => ['--set', value]);
  return bed.typed(
    ...['run', 'start', 'collaboration', '--workflow', workflow, '--dir', dir],
    ...[...values, '--budget', '5', '--cycles', String(cycles)],
  );
}

/** What these actions of the first cycle have left, over the files that the run began with. */
async function fetch(id: string, example: string, actions: readonly number[]): Promise<string> {
  const folder = join(bed.root, id);
  cpSync(join(repository, 'examples', example, 'project'), folder, { recursive: true });
  for (const action of actions)
    await bed.typed('job', 'result', `${id}-c1-a${action}-r0-do`, '--out', folder);
  return folder;
}

async function pipe(): Promise<Story> {
  const values = ['source=orders.csv', 'target=s3://shop-data/orders/'];
  const id = await starts('data-pipeline', 'order-pipeline', 1, ...values);
  await bed.agree(id, '-plan');
  await bed.agree(id, '-a4-r0-action');
  await bed.agree(id, '-release');
  const ended = await bed.ended(id);
  return { ended, folder: await fetch(id, 'order-pipeline', [1, 2, 3, 4, 5]) };
}

/** The user trains with the developer's script, where a GPU would be, and hands back what comes out. */
async function train(criteria: string, cycles: number): Promise<{ id: string; folder: string }> {
  const values = ['model=the churn model', 'data=customers.csv', `criteria=${criteria}`];
  const id = await starts('train-deploy', 'churn-model', cycles, ...values);
  await bed.agree(id, '-plan');
  const task = await bed.waitsFor(id, '-a2-r0-task');
  const folder = await fetch(id, 'churn-model', [1]);
  await run(process.execPath, ['training/train.mjs', 'customers.csv', '7', 'back'], { cwd: folder });
  await bed.typed('task', 'complete', task.id, '--file', join(folder, 'back'), '--result', 'With seed 7.');
  return { id, folder };
}

async function deploy(): Promise<Story> {
  const { id, folder } = await train('an AUC of at least 0.80', 1);
  const decision = await bed.waitsFor(id, '-a4-r0-task');
  await bed.typed('task', 'complete', decision.id, '--result', 'Deploy.');
  await bed.agree(id, '-a5-r0-action');
  await bed.agree(id, '-release');
  const ended = await bed.ended(id);
  await bed.typed('job', 'result', `${id}-c1-a5-r0-do`, '--out', folder);
  return { ended, folder };
}

async function refuse(): Promise<Story> {
  const { id, folder } = await train('an AUC of at least 0.95', 2);
  await bed.agree(id, '-c2-plan');
  const decision = await bed.waitsFor(id, '-c2-a1-r0-task');
  await bed.typed('task', 'complete', decision.id, '--result', 'Stop: we have no more data.');
  await bed.agree(id, '-c2-release');
  return { ended: await bed.ended(id), folder };
}

const ownersOf = ({ cycles }: RunView) => cycles[0]?.actions.map(({ owner }) => owner);

describe('collaboration builds a data pipeline, on the offline model', () => {
  test('each does their own: format, pipeline, storage, access after a yes, tests [C1] [C5]', async () => {
    const { ended } = await piping;
    expect([ended.status, ended.outcome]).toEqual(['SUCCEEDED', 'Done']);
    expect(endsOf(ended, 1)).toEqual(['1 DONE', '2 DONE', '3 DONE', '4 DONE', '5 DONE']);
    const specialist = 'aws_specialist';
    expect(ownersOf(ended)).toEqual(['qc_planner', 'developer', specialist, specialist, 'qc_planner']);
  });

  test('has its tests of broken rows, missing columns and duplicates really run [C5] [E5]', async () => {
    const { ended } = await piping;
    const review = await readRunFile(bed.api, ended.id, 'cycles/1/review/5.json');
    const [check] = (JSON.parse(review) as { checks: { tool: string; ok: boolean; output: string }[] })
      .checks;
    expect(check).toMatchObject({ tool: 'run_tests', ok: true });
    for (const what of ['broken row: too few fields', 'missing column: every row', 'duplicate: the first'])
      expect(check?.output).toContain(`✔ ${what}`);
    expect(check?.output).toMatch(/pass 13\n[\s\S]*fail 0\n/);
  });

  test('leaves a pipeline that brings a file it has never seen, and drops no row in silence [C5]', async () => {
    const { folder } = await piping;
    const rows = [
      'country,order_id,ordered_on,customer,amount_eur',
      'de,O2001,2026-11-02,"Noether, Emmy","7,5"',
    ];
    const broken = ['FR,O2001,2026-11-02,Germain,1.00', 'FR,O2002,2026-11-31,Germain,1.00', 'FR,O2003'];
    writeFileSync(join(folder, 'fresh.csv'), `${[...rows, ...broken].join('\r\n')}\r\n`);
    const { stdout } = await run(process.execPath, ['pipeline/main.mjs', 'fresh.csv', 'fresh'], {
      cwd: folder,
    });
    expect(stdout).toBe('4 read, 1 accepted, 3 refused\n');
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect(read('fresh/accepted.csv').split('\n')[1]).toBe('O2001,2026-11-02,"Noether, Emmy",7.5,DE');
    expect(read('fresh/refused.csv').split('\n').slice(1, 4)).toEqual([
      '3,order_id is there already,"FR,O2001,2026-11-02,Germain,1.00"',
      '4,ordered_on is no day,"FR,O2002,2026-11-31,Germain,1.00"',
      '5,"it has 2 fields, not 5","FR,O2003"',
    ]);
    expect(read('out/counts.json')).toMatch(/"read": 11,\n {2}"accepted": 5,\n {2}"refused": 6,/);
    expect(read('docs/format.md')).toContain('| amount_eur | above 0');
    expect(read('infra/access.json')).toContain('"arn:aws:s3:::shop-data/orders/*"');
  });
});

describe('collaboration trains a model and deploys it, on the offline model', () => {
  test('compares what the user hands back, asks, and deploys that very model [C3] [C5]', async () => {
    const { ended, folder } = await deploying;
    expect([ended.status, ended.outcome]).toEqual(['SUCCEEDED', 'Done']);
    expect(endsOf(ended, 1)).toEqual(['1 DONE', '2 DONE', '3 DONE', '4 DONE', '5 DONE']);
    expect(ownersOf(ended)).toEqual(['developer', 'user', 'qc_planner', 'user', 'aws_specialist']);
    const deployment = JSON.parse(readFileSync(join(folder, 'deploy/deployment.json'), 'utf8'));
    const model = readFileSync(join(folder, 'back/model.json'));
    expect(deployment.sha256).toBe(createHash('sha256').update(model).digest('hex'));
    expect(deployment.wayBack.at(-1)).toContain('--function-version $BEFORE');
  });

  test('begins to deploy only when the user has decided [C2] [C5]', async () => {
    const { ended } = await deploying;
    const params = { id: `${ended.id}-c1-a4-r0-task` };
    const { decidedAt = '', result } = (await bed.api.call('readApproval', { params })).body;
    expect(result).toBe('Deploy.');
    const deployment = ended.cycles[0]?.actions.find(({ id }) => id === 5);
    expect(Date.parse(deployment?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(decidedAt));
    const jobs = (await bed.api.call('listJobs', { query: { run: ended.id } })).body.items;
    const begun = jobs.filter(({ id }) => id.includes('-c1-a5-'));
    expect(begun.length).toBeGreaterThan(0);
    for (const { createdAt } of begun) expect(Date.parse(createdAt)).toBeGreaterThan(Date.parse(decidedAt));
  });

  test('deploys nothing where the figures miss the criteria, and asks how it goes on [C5] [B6]', async () => {
    const { ended, folder } = await refusing;
    expect(endsOf(ended, 1)).toEqual(['1 DONE', '2 DONE', '3 FAILED', '4 SKIPPED', '5 SKIPPED']);
    expect(ended.cycles[0]?.actions[2]?.reason).toContain('AUC 0.8819, at least 0.95 is wanted');
    const asked = ended.cycles[1]?.actions.map(({ title, owner, status }) => [title, owner, status]);
    const question = expect.stringMatching(/^Decide .*: its AUC is 0\.8819, and at least 0\.95 is want/);
    expect(asked).toEqual([[question, 'user', 'DONE']]);
    const jobs = (await bed.api.call('listJobs', { query: { run: ended.id, limit: 100 } })).body.items;
    expect(jobs.filter(({ id }) => /-a5-/.test(id))).toEqual([]);
    expect(readdirSync(folder)).not.toContain('deploy');
  });
});
