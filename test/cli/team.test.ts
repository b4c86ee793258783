import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { makeFolder, muster, type RunningMuster, removeFolder, startMuster } from './harness.ts';

jest.setTimeout(60_000);

const shipped = join(import.meta.dirname, '../../prompts/teams');
let folder: string;
let dataDir: string;
let running: RunningMuster | undefined;

beforeAll(async () => {
  folder = makeFolder();
  dataDir = join(folder, 'data');
  running = await startMuster(dataDir, [], { cwd: folder });
});
afterAll(async () => {
  await running?.stop();
  removeFolder(folder);
});

const run = (...args: string[]) => muster(['--data', dataDir, ...args], { cwd: folder });
const alone = (...args: string[]) => muster(['--data', join(folder, 'nothing'), ...args], { cwd: folder });

/** A copy of a shipped team with a text replaced. */
function copyWith(name: string, text: string, instead: string): string {
  const copy = join(folder, `${name}-${Math.random().toString(36).slice(2)}`);
  cpSync(join(shipped, name), copy, { recursive: true });
  const file = join(copy, 'team.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(text, instead));
  return copy;
}

describe('team check', () => {
  test('passes a team without a fault, and asks nobody', async () => {
    const { code, stdout } = await alone('team', 'check', join(shipped, 'solo'));
    expect([code, stdout]).toEqual([0, 'solo: 2 agents, 0 people, 2 kinds of tasks, no fault\n']);
  });

  test('names each fault with file, line and column and exits 2 [B1] [C1]', async () => {
    const copy = copyWith('solo', 'claude-opus-5-5', 'claude-9');
    const line =
      readFileSync(join(copy, 'team.yaml'), 'utf8')
        .split('\n')
        .findIndex((l) => l.includes('claude-9')) + 1;
    const { code, stdout, stderr } = await alone('team', 'check', join(copy, 'team.yaml'));
    expect([code, stderr]).toEqual([2, 'One fault.\n']);
    expect(stdout).toContain(`${copy}/team.yaml:${line}:12: model "claude-9" is not known`);
  });

  test('gives faults as one document with --json', async () => {
    const copy = copyWith('solo', 'members: [reviewer]', 'members: [worker]');
    const { code, stdout } = await alone('team', 'check', copy, '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      2,
      { valid: false, faults: [{ file: 'team.yaml', path: '/review/members', line: expect.any(Number) }] },
    ]);
  });
});

describe('team', () => {
  test('list names the shipped teams and says who falls back [B12]', async () => {
    const { code, stdout } = await run('team', 'list');
    expect(code).toBe(0);
    for (const name of ['autonomous', 'collaboration', 'distributed', 'software', 'solo'])
      expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
    expect(stdout).toMatch(/^autonomous .*6 of 12 agents fall back$/m);
    expect(stdout).toMatch(/^distributed .*5 of 6 agents have no model$/m);
  });

  test('show prints agents with their fallbacks, the matrix, approvals and the budget [C1]', async () => {
    const { code, stdout } = await run('team', 'show', 'collaboration');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^approvals +the plan, the release, every aws_access, every aws_compute;/m);
    expect(stdout).toMatch(/^budget +\$10\.0000 a run at most, 3 cycles$/m);
    expect(stdout).toMatch(/^qc_planner +.*claude-opus-5-5 +claude-sonnet-5-5 +claude-opus-5-5$/m);
    expect(stdout).toMatch(/^cost_emergency \(emergency\) .* aws_specialist +qc_planner, user$/m);
    expect(stdout).toMatch(/^production_decision .* user \(a person\) +–$/m);
    expect(stdout).toMatch(/^cost-optimisation .* period, limitUsd$/m);
  });

  test('show of a name that is none exits 3 and says how to see them', async () => {
    const { code, stderr } = await run('team', 'show', 'nobody');
    expect([code, stderr]).toEqual([3, expect.stringContaining('muster team list')]);
  });

  test('put stores a team that list then has, and refuses one with a fault before anything is sent', async () => {
    const good = copyWith('solo', 'name: solo', 'name: duo');
    expect(await run('team', 'put', good)).toMatchObject({ code: 0, stdout: 'duo\n' });
    expect((await run('team', 'list')).stdout).toMatch(/^duo .* put /m);
    const { code, stderr } = await alone(
      'team',
      'put',
      copyWith('solo', 'moderator: worker', 'moderator: boss'),
    );
    expect([code, stderr]).toEqual([2, expect.stringMatching(/team\.yaml:\d+:\d+: "boss" is no agent/)]);
  });
});

describe('ask', () => {
  test('says who answers and why, also where nothing runs [C1] [C6]', async () => {
    const { code, stdout } = await alone('ask', 'check AWS costs for this month', '--who');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^aws_specialist \(AWS specialist\) answers: .*aws_costs/),
    ]);
  });

  test('names a person and submits nothing [C2]', async () => {
    const { code, stdout, stderr } = await run('ask', 'do we deploy or retrain?');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^user \(the user, a person\) answers/)]);
    expect(stderr).toContain('no agent may');
    expect((await run('job', 'list')).stdout).toContain('No jobs yet');
  });

  test('gives the question to the owner with its prompt and prints the answer [C1]', async () => {
    const { code, stdout } = await run(
      'ask',
      'check AWS costs for this month',
      '--json',
      '--project',
      'costs',
    );
    const { route, job } = JSON.parse(stdout);
    expect([code, route.id, job.type, job.project, job.model]).toEqual([
      0,
      'aws_specialist',
      'agent',
      'costs',
      'claude-sonnet-5-5',
    ]);
  });
});
