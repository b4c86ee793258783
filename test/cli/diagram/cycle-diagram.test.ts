import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { cycleDefinition } from '#contracts/cycle-definition.ts';
import type { Machine } from '../../../lib/cli/diagram/asl.ts';
import { countHistory } from '../../../lib/cli/diagram/count-history.ts';
import { toMermaid } from '../../../lib/cli/diagram/cycle-diagram.ts';
import { diagramFile, diagramText, shapes } from '../../../lib/cli/diagram/write-diagram.ts';

const machine = cycleDefinition('steps') as unknown as Machine;

test('docs/cycle.md is what the definition says (npm run diagram writes it)', () => {
  expect(readFileSync(diagramFile, 'utf8')).toBe(diagramText());
});

describe('the picture', () => {
  const small: Machine = {
    StartAt: 'Work',
    States: {
      Work: {
        Type: 'Task',
        Resource: 'x.waitForTaskToken',
        Next: 'Good?',
        Catch: [{ Next: 'Bad' }, { Next: 'Good?' }],
      },
      'Good?': { Type: 'Choice', Choices: [{ StringEquals: 'yes', Next: 'Done' }], Default: 'Bad' },
      Done: { Type: 'Succeed' },
      Bad: { Type: 'Fail' },
    },
  };

  test('has waiting states round, choices as diamonds, caught errors dotted, and ends in their colours', () => {
    expect(toMermaid(small).split('\n').slice(0, 10)).toEqual([
      'flowchart TD',
      '  start_sWork((" ")) --> sWork',
      '  sWork(["Work"]):::waits',
      '  sGood{"Good?"}',
      '  sDone(["Done"]):::good',
      '  sBad(["Bad"]):::bad',
      '  sWork --> sGood',
      '  sWork -.-> sBad',
      '  sGood -->|yes| sDone',
      '  sGood -->|else| sBad',
    ]);
  });

  test('names every state of the machine once', () => {
    const drawn = [...toMermaid(machine).matchAll(/^\s+(?:subgraph )?(s[A-Za-z]+)[[({]/gm)].map(
      ([, id]) => id,
    );
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(drawn).toEqual(expect.arrayContaining(['sOpen', 'sExecution', 'sWave', 'sRevise', 'sNotClosed']));
  });
});

describe('the history of a cycle', () => {
  test('without an action is counted state by state', () => {
    // Open 5, Planning 6, ReadPlan 5, GoOrNoGo 2, Execution 4, Review 6, ReadReview 5, Release? 2, Close 5, End 2,
    // Done 2, and the execution's own 2.
    const shape = { waves: [], revisions: 0, approvals: false };
    expect(countHistory(machine, shape)).toEqual({ transitions: 11, events: 46 });
  });

  test('grows by the wait for an alarm, and by the choice before it where there was a release [C5]', () => {
    // AwaitRecovery 6.
    const shape = { waves: [], revisions: 0, approvals: false, recovery: true };
    expect(countHistory(machine, shape)).toEqual({ transitions: 11 + 1, events: 46 + 6 });
    // Both approvals 6 each, ReadPlanApproval 5, PlanApproved? 2, Watch? 2.
    expect(countHistory(machine, { ...shape, approvals: true })).toEqual({
      transitions: 12 + 5,
      events: 52 + 21,
    });
  });

  test('grows with each wave by itself and its actions', () => {
    // A wave: iteration 2, Map 4. An action: iteration 2, Execute 6, Check 6, Judge 5, Revise? 2, ActionEnded 2.
    const shape = { waves: [1], revisions: 0, approvals: false };
    expect(countHistory(machine, shape)).toEqual({ transitions: 11 + 1 + 5, events: 46 + 6 + 23 });
  });

  test('grows with each revision by Execute, Check, Judge and the choice', () => {
    const shape = { waves: [1], revisions: 1, approvals: false };
    expect(countHistory(machine, shape)).toEqual({ transitions: 17 + 4, events: 75 + 19 });
  });

  test.each(shapes)('of twenty actions stays under 2,000 events: $title', (shape) => {
    expect(shape.waves.reduce((sum, size) => sum + size, 0)).toBe(20);
    expect(countHistory(machine, shape).events).toBeLessThan(2_000);
  });

  test('of fifty actions that are all revised three times has room in an execution', () => {
    const shape = { waves: Array.from({ length: 50 }, () => 1), revisions: 3, approvals: true };
    expect(countHistory(machine, shape).events).toBeLessThan(25_000);
  });
});
