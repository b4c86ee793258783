import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cycleDefinition } from '#contracts/cycle-definition.ts';
import { repositoryRoot } from '../local/synthesize.ts';
import type { Machine } from './asl.ts';
import { type CycleShape, countHistory } from './count-history.ts';
import { listStates, toMermaid } from './cycle-diagram.ts';

export const diagramFile = join(repositoryRoot, 'docs', 'cycle.md');

/** Cycles of twenty actions, from the usual one to the longest that a team file allows. */
export const shapes: readonly (CycleShape & { title: string })[] = [
  { title: 'three waves, nobody is asked', waves: [6, 8, 6], revisions: 0, approvals: false },
  { title: 'the same, each action revised once', waves: [6, 8, 6], revisions: 1, approvals: false },
  { title: 'the same, a person agrees to plan and release', waves: [6, 8, 6], revisions: 1, approvals: true },
  {
    title: 'each action depends on the one before, and is revised three times',
    waves: Array.from({ length: 20 }, () => 1),
    revisions: 3,
    approvals: true,
  },
];

/** The page about the state machine, from its definition. */
export function diagramText(): string {
  const machine = cycleDefinition('the steps function') as unknown as Machine;
  const states = listStates(machine).map(({ name, type, says }) => `| \`${name}\` | ${type} | ${says} |`);
  const counts = shapes.map((shape) => {
    const { transitions, events } = countHistory(machine, shape);
    return `| ${shape.title} | ${transitions} | ${events} |`;
  });
  return [
    '# The state machine of a cycle',
    '<!-- Written by `npm run diagram` from lib/contracts/cycle-definition.ts; change it there. -->',
    'Each cycle of [a run](guides/runs.md) is one execution of this machine. What is round and yellow waits for a job or a person; a dotted arrow is an error that is caught.',
    `\`\`\`mermaid\n${toMermaid(machine)}\n\`\`\``,
    '## States',
    table(['state', 'type', ''], states),
    '## Transitions and events',
    'Step Functions counts, and charges for, each state that is entered, and an execution may write 25,000 events into its history. A cycle of twenty actions, without errors:',
    table(['', 'transitions', 'events'], counts),
    'A check that has to be made again because another action was merged meanwhile adds 3 transitions and 13 events. A step that AWS has to retry adds one transition and three events.',
  ]
    .join('\n\n')
    .concat('\n');
}

function table(titles: readonly string[], rows: readonly string[]): string {
  return [`| ${titles.join(' | ')} |`, `|${titles.map(() => ' --- |').join('')}`, ...rows].join('\n');
}

if (import.meta.main) {
  writeFileSync(diagramFile, diagramText());
  console.log(`Written: ${diagramFile}`);
}
