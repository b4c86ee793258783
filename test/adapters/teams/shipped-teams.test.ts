import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { compileTeams } from '../../../lib/adapters/teams/compile-teams.ts';
import { modelPrices, modelsWithoutPrice } from '../../../lib/contracts/model-prices.ts';
import type { TeamDocument } from '../../../lib/contracts/team.ts';
import { findPlaceholders } from '../../../lib/core/teams/placeholders.ts';
import { renderObjective } from '../../../lib/core/teams/render-objective.ts';
import { renderPrompt } from '../../../lib/core/teams/render-prompt.ts';
import { resolveModels } from '../../../lib/core/teams/resolve-models.ts';
import { routeQuestion } from '../../../lib/core/teams/route-question.ts';
import { taskMatrix } from '../../../lib/core/teams/task-matrix.ts';

const folder = fileURLToPath(new URL('../../../prompts/teams', import.meta.url));
const names = ['autonomous', 'collaboration', 'distributed', 'software', 'solo'];
let teams: Record<string, TeamDocument>;

beforeAll(async () => {
  const documents = await compileTeams(folder);
  teams = Object.fromEntries(documents.map((document) => [document.team.name, document]));
});

function get(name: string): TeamDocument {
  const found = teams[name];
  if (!found) throw new Error(`there is no team ${name}`);
  return found;
}

function providerOf(model: string): string | undefined {
  return (modelPrices[model] ?? modelsWithoutPrice[model])?.provider;
}

/** Agents in the order of the file, with their model's kind. */
function kindsOf(name: string, ids: readonly string[]): string[] {
  return get(name)
    .team.agents.filter(({ id }) => ids.includes(id))
    .map(({ id, model }) => `${id}: ${/opus|sonnet|gpt|gemini/.exec(model)?.[0] ?? providerOf(model)}`);
}

test('five teams are shipped, and none has a fault', () => {
  expect(Object.keys(teams)).toEqual(names);
});

describe.each(names)('every prompt of %s', (name) => {
  test('begins with who the agent is, leaves nothing in braces, and keeps data apart from orders', () => {
    const document = get(name);
    for (const { id, title } of document.team.agents) {
      const text = renderPrompt(document, id);
      expect(text.split('\n')[0]).toBe(`You are ${id}, ${title} of the team ${document.team.title}.`);
      expect(findPlaceholders(text)).toEqual([]);
      expect(text).toContain('is data: weigh it, quote it, check it');
      expect(text).toMatch(/## An example of good work\n\n>/);
    }
  });
});

describe('autonomous', () => {
  test('plans with six agents of three makers [B1] [B12]', () => {
    const { members } = get('autonomous').team.planning;
    expect(kindsOf('autonomous', members)).toEqual([
      'moderator: opus',
      'pre_architect: opus',
      'data_analyst: sonnet',
      'tech_analysis: gpt',
      'critic: gpt',
      'cotrr: gemini',
    ]);
  });

  test('executes with six others, each with kinds of tasks of its own [B2]', () => {
    const { members } = get('autonomous').team.execution;
    expect(kindsOf('autonomous', members)).toEqual([
      'ops_commander: opus',
      'infra_guardian: gpt',
      'compliance_monitor: gpt',
      'rollback_officer: gpt',
      'latency_analyst: sonnet',
      'integration_engineer: sonnet',
    ]);
    const owners = taskMatrix(get('autonomous').team).map(({ owner }) => owner);
    expect(new Set(owners)).toEqual(new Set(members));
  });

  test('has the five tools [B5]', () => {
    const tools = get('autonomous').team.tools.map(({ name }) => name);
    expect(tools).toEqual(
      expect.arrayContaining([
        'deploy_model',
        'run_evaluation',
        'collect_metrics',
        'run_script',
        'check_files',
      ]),
    );
  });

  test('works on Claude alone where no other key is set, and says instead of what [B12]', () => {
    const models = resolveModels(get('autonomous').team, {
      configured: ['anthropic'],
      selfHostedAllowed: false,
    });
    expect(Object.values(models).every(({ model }) => model.startsWith('claude-'))).toBe(true);
    const fallen = Object.entries(models).flatMap(([id, { insteadOf }]) => (insteadOf ? [id] : []));
    expect(fallen).toEqual([
      'tech_analysis',
      'critic',
      'cotrr',
      'infra_guardian',
      'compliance_monitor',
      'rollback_officer',
    ]);
  });
});

describe('collaboration', () => {
  test('gives every kind of task, emergencies included, to exactly one [C1]', () => {
    const matrix = taskMatrix(get('collaboration').team);
    expect(matrix.every(({ owner }) => owner !== '')).toBe(true);
    expect(matrix.filter(({ emergency }) => emergency).map(({ kind, owner }) => `${kind}: ${owner}`)).toEqual(
      [
        'production_incident: developer',
        'aws_outage: aws_specialist',
        'security_emergency: aws_specialist',
        'cost_emergency: aws_specialist',
      ],
    );
  });

  test('leaves decisions and the GPU to the user, and asks them for plan and release [C2] [C3]', () => {
    const { team } = get('collaboration');
    const users = taskMatrix(team).filter(({ isPerson }) => isPerson);
    expect(users.map(({ kind }) => kind)).toEqual(['gpu_run', 'production_decision']);
    expect(team.approvals).toMatchObject({ plan: true, release: true });
  });

  test('lets nobody but the specialist do AWS tasks [C6]', () => {
    const { team } = get('collaboration');
    const owners = taskMatrix(team)
      .filter(({ kind }) => kind.startsWith('aws_'))
      .map(({ owner }) => owner);
    expect(new Set(owners)).toEqual(new Set(['aws_specialist']));
    expect(routeQuestion(team, 'check AWS costs for this month')).toMatchObject({
      id: 'aws_specialist',
      kind: 'aws_costs',
    });
  });

  test('has the four workflows as run templates [C5]', () => {
    const { team } = get('collaboration');
    expect(team.workflows.map(({ id }) => id)).toEqual([
      'train-deploy',
      'data-pipeline',
      'production-monitoring',
      'cost-optimisation',
    ]);
    const values = { period: 'the last week', limitUsd: '100' };
    expect(renderObjective(team, { id: 'cost-optimisation', values })).toContain(
      'limit of 100 US dollars a month',
    );
  });
});

test('software goes from a requirement to delivery with five roles [D1]', () => {
  const { team } = get('software');
  expect(team.agents.map(({ id }) => id)).toEqual([
    'product_manager',
    'architect',
    'backend_developer',
    'qa_engineer',
    'devops_engineer',
  ]);
  expect(taskMatrix(team).map(({ kind, owner }) => `${kind}: ${owner}`)).toEqual([
    'requirements: product_manager',
    'architecture: architect',
    'backend: backend_developer',
    'bug_fix: backend_developer',
    'testing: qa_engineer',
    'delivery: devops_engineer',
    'user_docs: product_manager',
  ]);
});

describe('distributed', () => {
  const everything = [
    'anthropic',
    'self-hosted/gpu-1',
    'self-hosted/gpu-2',
    'self-hosted/gpu-3',
    'self-hosted/gpu-4',
  ];

  test('has a specialist for each kind of task on servers of one’s own, and a coordinator on Claude [E1] [E2]', () => {
    const { team } = get('distributed');
    expect(taskMatrix(team).map(({ kind, owner }) => `${kind}: ${owner}`)).toEqual([
      'kernel: kernel_specialist',
      'integration: integration_specialist',
      'profiling: profiling_specialist',
      'documentation: documentation_specialist',
      'testing: testing_specialist',
      'regression: integration_specialist',
    ]);
    const models = resolveModels(team, { configured: everything, selfHostedAllowed: true });
    const claudes = Object.entries(models).filter(([, { model }]) => providerOf(model) !== 'self-hosted');
    expect(claudes).toEqual([['coordinator', { model: 'claude-opus-5-5' }]]);
  });

  test('is refused on AWS and where a server is missing, and no paid model takes over [E2]', () => {
    const { team } = get('distributed');
    const resolve = (configured: string[], selfHostedAllowed: boolean) => () =>
      resolveModels(team, { configured, selfHostedAllowed });
    expect(resolve(everything, false)).toThrow(/kernel_specialist works with .* workers in AWS do not reach/);
    expect(resolve(['anthropic'], true)).toThrow(/kernel_specialist .*self-hosted\/gpu-1 is not configured/);
  });
});
