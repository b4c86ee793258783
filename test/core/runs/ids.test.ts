import { describe, expect, it } from '@jest/globals';
import { gateId } from '#contracts/gate.ts';
import { limits } from '#contracts/limits.ts';
import {
  actionGateId,
  actionJobId,
  checkJobId,
  cycleGateId,
  cycleReviewJobId,
  executionName,
  meetingIdAt,
  meetingJobId,
} from '#core/runs/ids.ts';

const run = 'run-0123456789abcdef';
const cycle = 9_999;
const last = { run, cycle, action: limits.actions, revision: limits.revisions };

describe('ids of a run', () => {
  it.each([
    ['meeting', meetingJobId(run, cycle)],
    ['final review', cycleReviewJobId(run, cycle)],
    ['action', actionJobId(last)],
    ['ninth check again', checkJobId(last, 9)],
  ])('of its %s have at most 40 characters up to cycle 9,999', (_, id) => {
    expect(id.length).toBeLessThanOrEqual(40);
  });

  it.each([
    cycleGateId(run, cycle, 'plan'),
    cycleGateId(run, cycle, 'release'),
    actionGateId(last, 'action'),
    actionGateId(last, 'task'),
  ])('of gates are read back: %s', (id) => {
    expect(gateId.safeParse(id).success).toBe(true);
  });

  it('tell every check of a revision from the others', () => {
    const ids = Array.from({ length: 10 }, (_, again) => checkJobId(last, again));
    expect(new Set(ids).size).toBe(10);
  });

  it.each([
    ['Mend the sum.', `small-mend-the-sum-${run}-c10000`],
    ['…', `small-${run}-c10000`],
    ['a'.repeat(200), `small-${'a'.repeat(46)}-${run}-c10000`],
  ])('of executions begin with the words of %s', (objective, name) => {
    expect(executionName('small', objective, run, 10_000)).toBe(name);
    expect(name.length).toBeLessThanOrEqual(80);
  });

  it('of meetings are their time in UTC', () => {
    expect(meetingIdAt(Date.parse('2026-11-20T10:02:03.999Z'))).toBe('meeting_20261120_100203');
  });
});
