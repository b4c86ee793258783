import { expect, test } from '@jest/globals';
import { describeBudget, nearLimitLines } from '../../lib/cli/budget-lines.ts';
import { recordOutput } from '../fakes/recorded-output.ts';

const near = {
  project: 'shop',
  month: '2026-11',
  committedUsd: 81.5,
  limitUsd: 100,
  warnedAt: '2026-11-20T10:00:00.000Z',
};
const { warnedAt: _, ...calm } = { ...near, project: 'blog', committedUsd: 12 };

test('a budget says how much of the month is committed, and since when it is near its limit [C7]', () => {
  const { out } = recordOutput(80);
  expect(describeBudget(calm, out)).toBe('$12.00 of $100.00 committed (12 %) for 2026-11');
  expect(describeBudget(near, out)).toBe(
    '$81.50 of $100.00 committed (81 %) for 2026-11, near its limit since 2026-11-20T10:00Z',
  );
});

test('only projects that people were warned of are named [C7]', () => {
  const { out } = recordOutput(80);
  expect(nearLimitLines([calm, near], out)).toEqual([`shop: ${describeBudget(near, out)}`]);
});
