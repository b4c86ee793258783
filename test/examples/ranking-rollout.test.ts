import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { requireTeam } from '../../lib/adapters/teams/compile-teams.ts';
import type { TeamFile } from '../../lib/contracts/team.ts';
import { renderArgv } from '../../lib/core/tools/command-tool.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let team: TeamFile;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ranking-'));
  cpSync(join(repository, 'examples/ranking-rollout/project'), folder, { recursive: true });
  ({ team } = await requireTeam(join(repository, 'prompts/teams/autonomous')));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** One of the team's command tools, as an agent would call it. */
function call(name: string, values: Record<string, string | number> = {}) {
  const tool = team.tools.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`the team has no tool ${name}`);
  const defaults = Object.entries(tool.inputSchema.properties).flatMap(([key, property]) =>
    property.default === undefined ? [] : [[key, property.default] as const],
  );
  const rendered = renderArgv(tool, { ...Object.fromEntries(defaults), ...values });
  if ('fault' in rendered) throw new Error(rendered.fault);
  const [program = '', ...args] = rendered.argv;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

function fixFeature(): void {
  const file = join(folder, 'ranking/features.py');
  const text = readFileSync(file, 'utf8').replace(
    'result["clicks"] / 10,',
    'math.log1p(result["clicks"]) / math.log1p(10_000),',
  );
  writeFileSync(file, text.replace('NAMES =', 'import math\n\nNAMES ='));
}

describe('the example’s model', () => {
  test('fails its gate at first for a real reason, and passes once the feature is scaled [B5] [B6]', () => {
    expect(call('run_script', { name: 'generate_data' }).status).toBe(0);
    expect(call('run_script', { name: 'train' }).status).toBe(0);
    const first = call('run_evaluation', { model: 'candidate' });
    expect([first.status, first.text]).toEqual([
      1,
      expect.stringMatching(/^NDCG@10 0\.68\d\d .*minimum 0\.7200: FAILED/),
    ]);
    fixFeature();
    expect(call('run_script', { name: 'train' }).status).toBe(0);
    const second = call('run_evaluation', { model: 'candidate' });
    expect([second.status, second.text]).toEqual([
      0,
      expect.stringMatching(/^NDCG@10 0\.9\d\d\d .*: passed/),
    ]);
  });

  test('is the same at every training', () => {
    const train = () => {
      call('run_script', { name: 'generate_data' });
      call('run_script', { name: 'train' });
      return readFileSync(join(folder, 'models/candidate.json'), 'utf8');
    };
    expect(train()).toBe(train());
  });

  test('passes its own tests and its rollback drill [B5]', () => {
    expect(call('run_script', { name: 'unit_tests' })).toMatchObject({
      status: 0,
      text: expect.stringContaining('OK'),
    });
    expect(call('run_script', { name: 'rollback_test' }).text).toMatch(/^rollback test passed/);
  });

  test('is not evaluated where it is not trained', () => {
    expect(call('run_evaluation', { model: 'candidate' })).toMatchObject({
      status: 2,
      text: expect.stringContaining('models/candidate.json is not there'),
    });
  });
});

describe('the rollout', () => {
  beforeEach(() => {
    call('run_script', { name: 'generate_data' });
    call('run_script', { name: 'train' });
  });

  test('goes stage by stage, measures, and goes back [B5]', () => {
    expect(call('deploy_model', { stage: '5', model: 'candidate' })).toMatchObject({
      status: 1,
      text: expect.stringContaining('stage 5 comes after shadow'),
    });
    expect(call('deploy_model', { stage: 'shadow', model: 'candidate' }).status).toBe(0);
    expect(call('deploy_model', { stage: '5', model: 'candidate' }).status).toBe(0);
    const metrics = call('collect_metrics', { stage: '5' });
    expect([metrics.status, metrics.text]).toEqual([
      0,
      expect.stringMatching(/p95 \d+\.\d+ ms \(below 50\), SLO/),
    ]);
    expect(call('roll_back', { stage: '5' }).text).toContain('rolled 5 back to nothing');
    expect(call('collect_metrics', { stage: '5' }).status).toBe(2);
    expect(call('run_script', { name: 'status' }).text).toMatch(/^stage shadow, 3 events/);
  });

  test('is checked by its files [B5]', () => {
    expect(call('check_files', { paths: 'data/queries.jsonl, config/criteria.json' }).status).toBe(0);
    expect(call('check_files', { paths: 'README.md', text: 'no such words' })).toMatchObject({
      status: 1,
      text: expect.stringContaining('FAILED  README.md'),
    });
    writeFileSync(join(folder, 'broken.json'), '{');
    expect(call('check_files', { paths: 'broken.json' }).status).toBe(1);
  });
});
