import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../lib/contracts/errors.ts';
import { pricedModels } from '../../../lib/contracts/model-table.ts';
import { chooseReviewer } from '../../../lib/core/teams/choose-reviewer.ts';
import { renderObjective, valuesOfWorkflow } from '../../../lib/core/teams/render-objective.ts';
import { renderPrompt } from '../../../lib/core/teams/render-prompt.ts';
import { resolveModels } from '../../../lib/core/teams/resolve-models.ts';
import { routeQuestion } from '../../../lib/core/teams/route-question.ts';
import { taskMatrix } from '../../../lib/core/teams/task-matrix.ts';
import { documentWith, teamWith } from '../../fakes/a-team.ts';

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('nothing was refused');
}

describe('a prompt', () => {
  const render = (text: string, agent = 'coder') => {
    const document = documentWith();
    return renderPrompt({ ...document, prompts: { ...document.prompts, [agent]: text } }, agent);
  };

  test('is filled in with who the agent is and where its borders are [C1]', () => {
    expect(render('{{agent.id}}, {{agent.title}} of {{team.title}}')).toBe('coder, Coder of Small team');
    expect(render('{{agent.owns}} | {{agent.supports}} | {{agent.never}}')).toBe(
      'backend (Write backend code), outage (Handle an outage) | docs (Write documentation) | nothing',
    );
  });

  test('names the members, the matrix and the tools of this agent alone [C1]', () => {
    expect(render('{{members}}').split('\n')).toEqual([
      '- lead, Lead: leads the meeting, plans, makes the final review, reviews',
      '- coder, Coder: does backend, outage',
      '- writer, Writer: does docs',
      '- user (a person), The user: does go_live',
    ]);
    expect(render('{{matrix}}').split('\n')).toEqual([
      '- backend (Write backend code): coder',
      '- outage (Handle an outage; an emergency): coder',
      '- docs (Write documentation): writer; coder may help',
      '- go_live (Decide on going live): user, a person',
    ]);
    expect([render('{{tools}}'), render('{{tools}}', 'writer')]).toEqual([
      '- run_tests: Runs the tests.',
      "- none of the team's own",
    ]);
  });

  test('with an unknown placeholder is refused', () => {
    expect(refusal(() => render('{{agent.salary}}'))).toMatchObject({
      code: 'team_invalid',
      message: expect.stringContaining('{{agent.salary}}'),
    });
  });

  test('keeps braces that come with a value', () => {
    const { team } = documentWith({ '/agents/1/title': '{{members}}' });
    expect(renderPrompt({ team, prompts: { coder: '{{agent.title}}' } }, 'coder')).toBe('{{members}}');
  });
});

describe('a workflow', () => {
  const render = (values: Record<string, string>, id = 'ship') => renderObjective(teamWith(), { id, values });

  test('becomes an objective with the values of who starts it [C5]', () => {
    expect(render({ what: 'it {{where}}', where: 'production' })).toBe('Ship it {{where}} to production.');
    expect(valuesOfWorkflow({ objective: '{{a}} {{b}} {{a}}' } as never)).toEqual(['a', 'b']);
  });

  test.each([
    ['a missing value', { what: 'it' }, 'ship', /takes what, where: where: .*needs a value/],
    ['an empty value', { what: 'it', where: ' ' }, 'ship', /needs a value/],
    ['an unknown value', { what: 'it', where: 'x', when: 'now' }, 'ship', /when: .*no such value/],
    ['an unknown workflow', {}, 'sink', /no workflow "sink"; it has ship/],
  ])('is refused with %s', (_what, values, id, message) => {
    const error = refusal(() => render(values, id));
    expect([error.code, error.message]).toEqual(['invalid_request', expect.stringMatching(message)]);
  });
});

describe('models', () => {
  const supply = (configured: string[], selfHostedAllowed = true) => ({ configured, selfHostedAllowed });

  test('are those of the team where their providers are configured [B12]', () => {
    expect(resolveModels(teamWith(), supply(['anthropic', 'openai']))).toEqual({
      lead: { model: 'claude-opus-5-5' },
      coder: { model: 'gpt-6.2-sol' },
      writer: { model: 'claude-haiku-5-5' },
    });
  });

  test('fall back to the first that can be had, and say instead of which [B12]', () => {
    expect(resolveModels(teamWith(), supply(['anthropic'])).coder).toEqual({
      model: 'claude-sonnet-5-5',
      insteadOf: 'gpt-6.2-sol',
    });
  });

  test('that nobody can serve are refused with agent, model, provider and command', () => {
    expect(refusal(() => resolveModels(teamWith(), supply(['openai'])))).toMatchObject({
      code: 'provider_key_missing',
      message:
        'lead works with claude-opus-5-5, whose provider anthropic is not configured; it has no fallback',
      remedy: 'muster keys set anthropic',
    });
  });

  test('of a server of one’s own are refused on AWS with a remedy, and Claude does not take over [E2]', () => {
    const team = teamWith({ '/agents/0/model': 'self-hosted/gpu-1/m' });
    const any = Object.values(pricedModels)[0];
    if (!any) throw new Error('the table is empty');
    const prices = { ...pricedModels, 'self-hosted/gpu-1/m': { ...any, provider: 'self-hosted' as const } };
    const all = ['anthropic', 'openai', 'self-hosted/gpu-1'];
    expect(resolveModels(team, supply(all), prices).lead).toEqual({ model: 'self-hosted/gpu-1/m' });
    expect(refusal(() => resolveModels(team, supply(all, false), prices))).toMatchObject({
      code: 'not_supported_yet',
      remedy: expect.stringContaining('npm start'),
    });
    expect(refusal(() => resolveModels(team, supply(['anthropic', 'openai']), prices))).toMatchObject({
      code: 'provider_key_missing',
      remedy: 'muster keys set self-hosted --name gpu-1',
    });
  });

  test('without a price are passed over for a fallback', () => {
    const team = teamWith({
      '/agents/0/model': 'bedrock/claude-opus-5-5',
      '/agents/0/fallback': ['claude-opus-5'],
    });
    expect(resolveModels(team, supply(['anthropic', 'bedrock', 'openai'])).lead).toEqual({
      model: 'claude-opus-5',
      insteadOf: 'bedrock/claude-opus-5-5',
    });
  });
});

test('the reviewer is the first who did not do the work [E5]', () => {
  const team = teamWith({ '/review/members': ['coder', 'lead'] });
  expect([chooseReviewer(team, 'writer'), chooseReviewer(team, 'coder')]).toEqual(['coder', 'lead']);
  expect(refusal(() => chooseReviewer(teamWith(), 'lead')).code).toBe('team_invalid');
});

test('the matrix says who owns what, emergencies and people included [C1]', () => {
  expect(taskMatrix(teamWith()).map(({ kind, owner, isPerson }) => [kind, owner, isPerson])).toEqual([
    ['backend', 'coder', false],
    ['outage', 'coder', false],
    ['docs', 'writer', false],
    ['go_live', 'user', true],
  ]);
});

describe('a question', () => {
  test.each([
    ['Who handles an outage?', 'coder', 'outage'],
    ['please write the documentation', 'writer', 'docs'],
    ['may we go live?', 'user', 'go_live'],
  ])('%s goes to the owner of its kind, with the reason [C1]', (question, id, kind) => {
    const route = routeQuestion(teamWith(), question);
    expect(route).toMatchObject({ id, kind, because: expect.stringContaining(`${id} owns ${kind}`) });
  });

  test.each([
    ['what is for dinner?', /no kind of task has a word/],
    ['what should I write?', /backend or docs, which have different owners/],
  ])('%s that is not clear goes to the moderator', (question, because) => {
    expect(routeQuestion(teamWith(), question)).toMatchObject({
      id: 'lead',
      because: expect.stringMatching(because),
    });
  });
});
