import { describe, expect, it } from '@jest/globals';
import { compareLines } from '../../lib/cli/job/diff-stat.ts';
import { describeJob } from '../../lib/cli/job/job-show.ts';
import { showResult } from '../../lib/cli/job/show-result.ts';
import { makeView } from '../../lib/cli/job/watch-view.ts';
import { makeOutput } from '../../lib/cli/output.ts';
import type { NumberedEvent } from '../../lib/contracts/job-events.ts';
import type { AgentResult, JobView } from '../../lib/contracts/job-view.ts';
import { recordOutput } from '../fakes/recorded-output.ts';

function watch(events: readonly object[]): string {
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  const stdout = { write, columns: 60 };
  const out = makeOutput({ json: false, noColor: true, stdout, stderr: stdout });
  const view = makeView(out);
  for (const [index, event] of events.entries())
    view.event({ atMs: 0, attempt: 1, seq: index + 1, ...event } as NumberedEvent);
  return said;
}

describe('watching an agent', () => {
  it('shows its text as it comes, a line a tool, and what it has cost so far', () => {
    const bash = { tool: 'bash', id: 'c1' };
    expect(
      watch([
        { type: 'text', text: 'I look ' },
        { type: 'text', text: 'around.' },
        { type: 'turn', turn: 1, stopReason: 'tool_use', costMicroUsd: 1_200, totalMicroUsd: 3_400 },
        { type: 'tool_start', ...bash, summary: 'npm test' },
        { type: 'tool_end', ...bash, summary: 'exit code 1', ok: false, milliseconds: 420 },
        { type: 'checkpoint', segment: 2 },
        { type: 'tool_start', tool: 'read_file', id: 'c2', summary: `lib/${'long/'.repeat(20)}` },
        { type: 'tool_end', tool: 'read_file', id: 'c2', summary: '12 lines', ok: true, milliseconds: 3 },
      ]),
    ).toBe(
      [
        '',
        'I look around.',
        '           turn 1: $0.0012, $0.0034 so far',
        '           ✗ bash npm test  0.42 s',
        '             exit code 1',
        '           ✓ read_file lib/long/long/long/long/long…  0.00 s',
        '',
      ].join('\n'),
    );
  });

  it('says of an answer from the response cache where it comes from [D9]', () => {
    const turn = { type: 'turn', turn: 2, stopReason: 'end_turn', costMicroUsd: 0, cached: true };
    expect(watch([turn])).toContain('turn 2 (end_turn): $0, from the response cache');
    const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    const chat = { text: 'Yes.', model: 'm', stopReason: 'end_turn', usage, costUsd: 0 };
    expect(showResult({ ...chat, cached: true }).footnote).toContain('1 answer from the response cache');
    expect(showResult(chat).footnote).not.toContain('cache');
  });

  it('shows who said what in a meeting, and how they vote', () => {
    const said = { type: 'said', agent: 'critic', round: 2, vote: 'no_go' };
    expect(watch([{ ...said, text: 'It is\n\u001b[2Jslow.' }])).toBe(
      '           critic (round 2, no_go): It is slow.\n',
    );
  });

  it('shows nothing that would move the cursor or take more than its line', () => {
    const evil = { tool: 'bash', id: 'c1', summary: 'a\n\u001b[2Jb' };
    expect(
      watch([
        { type: 'tool_start', ...evil },
        { type: 'tool_end', ...evil, ok: true, milliseconds: 0 },
      ]),
    ).toBe('           ✓ bash a b  0.00 s\n');
  });
});

const result: AgentResult = {
  summary: 'Fixed it.',
  evidence: [{ criterion: 'All tests pass', check: 'npm test', output: 'ok 1\nok 2\n' }],
  confidence: 0.9,
  limitations: ['Not tried on Windows.'],
  turns: 6,
  files: [
    { path: 'lib/a.js', change: 'modified', bytes: 90, linesBefore: 3, linesAfter: 4 },
    { path: 'new.bin', change: 'added', bytes: 10 },
    { path: 'old.js', change: 'deleted', bytes: 0, linesBefore: 7 },
  ],
  model: 'claude-sonnet-5-5',
  usage: { inputTokens: 100, outputTokens: 20, cacheReadTokens: 900, cacheWriteTokens: 0 },
  costUsd: 0.0123,
};

describe("an agent's result", () => {
  it('is shown with its evidence, its limitations and what it changed', () => {
    const { text, footnote } = showResult(result);
    expect(text.split('\n')).toEqual([
      'Fixed it.',
      '',
      'All tests pass',
      '  $ npm test',
      '    ok 1',
      '    ok 2',
      '',
      'Limitations',
      '  - Not tried on Windows.',
      '',
      'M lib/a.js  3 → 4 lines',
      'A new.bin   10 bytes',
      'D old.js    7 lines before',
      '3 files changed',
    ]);
    expect(footnote).toBe('claude-sonnet-5-5 · 1000 in, 20 out · $0.0123 · 6 turns · confidence 90 %');
  });

  it('says first which cap has stopped it', () => {
    const stopped = { cap: 'turns', message: '50 turns are over' } as const;
    expect(showResult({ ...result, stopped }).text).toMatch(
      /^Stopped by a cap \(turns\): 50 turns are over\n/,
    );
  });
});

it('a program that a model wrote is shown alone, so that it can go into a file', () => {
  const { model, usage, costUsd } = result;
  const code = { code: 'print(1)\n', language: 'python', explanation: 'It prints.', stopReason: 'end_turn' };
  expect(showResult({ ...code, model, usage, costUsd })).toEqual({
    text: 'print(1)',
    footnote: 'It prints.\nclaude-sonnet-5-5 · 1000 in, 20 out · $0.0123 · python',
  });
});

it('lines are compared as a diff would', () => {
  const compare = (before: string, after: string) => compareLines(Buffer.from(before), Buffer.from(after));
  expect(compare('a\nb\nc\n', 'a\nx\ny\nc\n')).toEqual({ added: 2, removed: 1 });
  expect(compare('a\nb\n', 'a\nb\n')).toEqual({ added: 0, removed: 0 });
  expect(compare('a\nb\nc\nd\n', 'b\nd\ne\n')).toEqual({ added: 1, removed: 2 });
  expect(compareLines(undefined, Buffer.from('a\nb'))).toEqual({ added: 2, removed: 0 });
  expect(compare('a\0b', 'a')).toBeUndefined();
});

describe('watching a job that runs already', () => {
  it('says when it began, not when somebody came to look', () => {
    const { out, said } = recordOutput();
    const times = { createdAt: '2026-11-20T08:00:00.000Z', startedAt: '2026-11-20T08:00:00.320Z' };
    makeView(out).state({ ...times, status: 'RUNNING', attempt: 1 } as JobView);
    expect(said()).toBe('  +0.32 s  RUNNING    attempt 1\n');
  });
});

describe('showing a job of a chain', () => {
  it('names what comes next', () => {
    const { out } = recordOutput();
    const lines = describeJob({ ...jobView, next: ['job-1-t1', 'job-1-t2'] }, out);
    expect(lines).toContain('comes next  job-1-t1, job-1-t2');
  });
});

const jobView: JobView = {
  id: 'job-1',
  type: 'echo',
  status: 'SUCCEEDED',
  project: 'default',
  priority: 'medium',
  lane: 'fargate',
  attempt: 1,
  failures: 0,
  maxAttempts: 3,
  createdAt: '2026-11-20T08:00:00.000Z',
  timeoutSeconds: 3_600,
  costUsd: 0,
  links: {},
};
