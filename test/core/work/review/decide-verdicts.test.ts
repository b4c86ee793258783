import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CheckResult, verdicts } from '#contracts/review.ts';
import { decideVerdicts } from '#core/work/review/decide-verdicts.ts';

const checked = (criterion: string, ok: boolean, more: Partial<CheckResult> = {}): CheckResult => ({
  criterion,
  tool: 'run_tests',
  args: { file: 'a.js' },
  ok,
  exitCode: ok ? 0 : 1,
  output: ok ? 'fine' : 'expected 5, got -1',
  milliseconds: 10,
  ...more,
});
const said = (criterion: string, verdict: (typeof verdicts)[number]) => ({
  criterion,
  verdict,
  evidence: 'Seen.',
});

test.each([
  ['a failing check', [checked('a', false)], 'met', 'not_met', true],
  ['a passing and a failing check', [checked('a', true), checked('a', false)], 'met', 'not_met', true],
  ['a check that a signal ended', [checked('a', false, { exitCode: undefined })], 'met', 'not_met', true],
  ['a passing check and a reviewer who agrees', [checked('a', true)], 'met', 'met', false],
  ['a passing check and a reviewer who objects', [checked('a', true)], 'not_met', 'not_met', false],
  ['a passing check and a reviewer in doubt', [checked('a', true)], 'cannot_tell', 'cannot_tell', false],
  ['no check', [], 'met', 'cannot_tell', false],
  ['a check of another criterion', [checked('b', true)], 'met', 'cannot_tell', false],
  ['no check and a reviewer who objects', [], 'not_met', 'not_met', false],
] as const)('the code decides with %s [E5]', (_, checks, verdict, wanted, byCheck) => {
  const decided = decideVerdicts(['a'], checks, [said('a', verdict)]);
  expect(decided).toMatchObject({
    outcome: wanted,
    verdicts: [{ criterion: 'a', verdict: wanted, byCheck }],
  });
});

test('the evidence of a failing check is what it said', () => {
  const [decided] = decideVerdicts(['a'], [checked('a', false)], [said('a', 'met')]).verdicts;
  expect(decided?.evidence).toBe(
    'The check run_tests {"file":"a.js"} fails (exit code 1):\nexpected 5, got -1',
  );
});

test('evidence stays within its limit, however much a check has written', () => {
  const loud = checked('a', false, { output: 'x'.repeat(100_000), args: { file: 'y'.repeat(4_000) } });
  const [decided] = decideVerdicts(['a'], [loud], []).verdicts;
  expect(decided?.evidence.length).toBeLessThan(4_000);
});

test('the outcome is the worst of all criteria', () => {
  const checks = ['a', 'b', 'c'].map((criterion) => checked(criterion, true));
  const outcome = (...given: (typeof verdicts)[number][]) =>
    decideVerdicts(
      ['a', 'b', 'c'],
      checks,
      given.map((verdict, index) => said('abc'.charAt(index), verdict)),
    ).outcome;
  expect(outcome('met', 'met', 'met')).toBe('met');
  expect(outcome('met', 'cannot_tell', 'met')).toBe('cannot_tell');
  expect(outcome('cannot_tell', 'met', 'not_met')).toBe('not_met');
});

test('nothing that anybody says makes a criterion met that has a failing check or none [E5]', () => {
  const names = ['a', 'b', 'c'];
  const anyCheck = fc.record({ criterion: fc.constantFrom(...names), ok: fc.boolean() });
  const anyWord = fc.record({ criterion: fc.constantFrom(...names), verdict: fc.constantFrom(...verdicts) });
  fc.assert(
    fc.property(fc.array(anyCheck), fc.array(anyWord), (checks, words) => {
      const results = checks.map(({ criterion, ok }) => checked(criterion, ok));
      const decided = decideVerdicts(
        names,
        results,
        words.map(({ criterion, verdict }) => said(criterion, verdict)),
      );
      for (const { criterion, verdict } of decided.verdicts) {
        const own = results.filter((result) => result.criterion === criterion);
        if (own.length === 0 || own.some(({ ok }) => !ok)) expect(verdict).not.toBe('met');
      }
      if (decided.outcome === 'met')
        expect(decided.verdicts.every(({ verdict }) => verdict === 'met')).toBe(true);
    }),
  );
});
