import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { cycleDefinition } from '#contracts/cycle-definition.ts';
import { actionStatuses, cycleEnds } from '#contracts/run-states.ts';
import type { Machine } from '../../../lib/cli/diagram/asl.ts';
import { countHistory } from '../../../lib/cli/diagram/count-history.ts';
import { shapes } from '../../../lib/cli/diagram/write-diagram.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/runs.md'), 'utf8');

/** Cells of the rows of a table, by its first title. */
function tableOf(title: string): string[][] {
  const [, table = ''] = guide.split(new RegExp(`^\\| ${title} +\\|.*\\n\\|[ |-]+\\n`, 'm'));
  const rows = /^(\|.*\n)+/.exec(table)?.[0].trimEnd().split('\n') ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('the guide has every end of a cycle with its sentence', () => {
  const told = tableOf('end').map(([end, , says]) => [end, says]);
  expect(told).toEqual(Object.entries(cycleEnds).map(([end, { says }]) => [`\`${end}\``, says]));
});

test('the guide has every state of an action', () => {
  const told = tableOf('state of an action').map(([status]) => status);
  expect(told).toEqual(actionStatuses.map((status) => `\`${status}\``));
});

test('the guide counts the transitions of a cycle as the definition does', () => {
  const machine = cycleDefinition('steps') as unknown as Machine;
  const [usual = 0, revised = 0] = shapes.map((shape) => countHistory(machine, shape).transitions);
  expect(guide).toContain(
    `a cycle of twenty actions takes ${usual}, or ${revised} if each action is revised once`,
  );
});
