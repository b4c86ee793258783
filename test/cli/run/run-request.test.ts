import { describe, expect, test } from '@jest/globals';
import { runRequest } from '#contracts/run-request.ts';
import { beforeStart } from '../../../lib/cli/run/before-start.ts';
import { toRunRequest, toSeconds, valuesOf } from '../../../lib/cli/run/run-request-options.ts';
import { makeTeamView } from '../../fakes/run-views.ts';

describe('what is typed', () => {
  test('becomes a request that the API takes', () => {
    const request = toRunRequest('small', 'Mend it.', {
      project: 'shop',
      budget: 2.5,
      cycles: 3,
      approvePlan: true,
      approveRelease: true,
      constraint: ['No new package.'],
      file: ['lib/sum.js'],
      reference: ['docs/sum.md'],
      learnsFrom: ['run-0123456789abcdef'],
      every: '30m',
    });
    expect(runRequest.parse(request)).toMatchObject({
      team: 'small',
      objective: 'Mend it.',
      project: 'shop',
      budgetUsd: 2.5,
      maxCycles: 3,
      approvals: { plan: true, release: true },
      context: { constraints: ['No new package.'], files: ['lib/sum.js'], referenceDocs: ['docs/sum.md'] },
      learnsFrom: ['run-0123456789abcdef'],
      cadence: { everySeconds: 1_800 },
    });
  });

  test('names the alarm that has to be over, and how long it is watched [C5]', () => {
    const alarm = 'shop-5xx';
    const request = toRunRequest('small', 'Mend it.', { recovery: alarm, within: '1h', steady: '90s' });
    expect(runRequest.parse(request).recovery).toEqual({ alarm, withinMinutes: 60, steadyMinutes: 1.5 });
    const usual = toRunRequest('small', 'Mend it.', { recovery: alarm });
    expect(runRequest.parse(usual).recovery).toEqual({ alarm, withinMinutes: 30, steadyMinutes: 5 });
    expect(() => toRunRequest('small', 'Mend it.', { within: '1h' })).toThrow('name it with --recovery');
  });

  test('bounds the time between cycles [B7]', () => {
    const request = toRunRequest('small', 'Mend it.', { every: '30m', adapt: '10m-2h' });
    expect(runRequest.parse(request).cadence).toEqual({
      everySeconds: 1_800,
      adapt: { fromSeconds: 600, toSeconds: 7_200 },
    });
  });

  test.each([
    [{ adapt: '10m-2h' }, /give --every, too/],
    [{ every: '30m', adapt: '10m' }, /--adapt 10m is not a shortest and a longest time like 10m-2h/],
    [{ every: '30m', adapt: '10m-soon' }, /--adapt soon is not a time like/],
    [{ every: '30m', adapt: '1m-2m-3m' }, /not a shortest and a longest/],
  ])('bounds that cannot be meant are refused: %o', (options, message) => {
    expect(() => toRunRequest('small', 'Mend it.', options)).toThrow(message);
  });

  test('says nothing about what was not typed, so that the team decides it', () => {
    expect(toRunRequest('small', 'Mend it.', {})).toEqual({ team: 'small', objective: 'Mend it.' });
  });

  test('fills in a workflow, also with values that hold equals signs', () => {
    const options = { workflow: 'ship', set: ['what=a=b', 'where='] };
    expect(toRunRequest('small', undefined, options)).toEqual({
      team: 'small',
      workflow: { id: 'ship', values: { what: 'a=b', where: '' } },
    });
  });

  test.each([
    [undefined, {}, /nothing to reach/],
    ['Mend it.', { workflow: 'ship' }, /give one of them/],
    ['Mend it.', { set: ['a=b'] }, /--set fills in a workflow/],
  ])('is refused where it cannot be meant: %s %o', (objective, options, message) => {
    expect(() => toRunRequest('small', objective, options)).toThrow(message);
  });

  test.each(['plain', '=x'])('--set %s is refused', (pair) => {
    expect(() => valuesOf([pair])).toThrow(/not of the form name=value/);
  });

  test('a value that is given twice is refused', () => {
    expect(() => valuesOf(['a=1', 'a=2'])).toThrow(/gives "a" twice/);
  });
});

test.each([
  ['90s', 90],
  ['30m', 1_800],
  ['30min', 1_800],
  ['2h', 7_200],
  ['1d', 86_400],
])('every %s is every %i seconds', (text, seconds) => {
  expect(toSeconds(text)).toBe(seconds);
});

test.each(['', '30', '0m', '1.5h', '2w', 'often'])('every "%s" is refused', (text) => {
  expect(() => toSeconds(text)).toThrow(/not a time like/);
});

describe('before a run begins', () => {
  test('it is said what it costs at most, and who works with another model', () => {
    expect(beforeStart(makeTeamView(), { budgetUsd: 2, cycles: 1, offlineModel: false })).toEqual([
      'Costs at most $2.0000, in at most 1 cycle.',
      'coder falls back to claude-sonnet-5-5: gpt-6.2-sol is not configured.',
      'seer has no model: none of gemini-4-pro, gpt-6.2-sol is configured.',
    ]);
  });

  test("without a budget it is the team's own, and the offline model costs nothing", () => {
    const lines = (offlineModel: boolean) => beforeStart(makeTeamView({ agents: [] }), { offlineModel });
    expect(lines(false)).toEqual(["Costs at most $10.0000, the team's own budget, in at most 2 cycles."]);
    expect(lines(true)[0]).toMatch(/^Costs nothing: the offline model answers/);
  });
});
