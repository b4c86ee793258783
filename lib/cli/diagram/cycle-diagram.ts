import { type AslState, isWaiting, type Machine } from './asl.ts';

/** A state machine as a Mermaid flow chart: what waits is round, what is decided is a diamond, errors are dotted. */
export function toMermaid(machine: Machine): string {
  return [
    'flowchart TD',
    ...drawMachine(machine, '  '),
    '  classDef waits fill:#fcefcf,stroke:#b98300,color:#3d2a00',
    '  classDef good fill:#dcf3e4,stroke:#17683a,color:#0c3a20',
    '  classDef bad fill:#fbe3e1,stroke:#a3221b,color:#5c120d',
  ].join('\n');
}

function drawMachine({ StartAt, States }: Machine, indent: string): string[] {
  const states = Object.entries(States);
  // Where there is one state, nobody asks which is the first.
  const start = states.length > 1 ? [`${indent}start_${idOf(StartAt)}((" ")) --> ${idOf(StartAt)}`] : [];
  return [
    ...start,
    ...states.flatMap(([name, state]) => drawState(name, state, indent)),
    ...states.flatMap(([name, state]) => drawArrows(name, state).map((arrow) => `${indent}${arrow}`)),
  ];
}

/** Mermaid's ids are words, and some words are its own. */
function idOf(name: string): string {
  return `s${name.replaceAll(/\W/g, '')}`;
}

function drawState(name: string, state: AslState, indent: string): string[] {
  const id = idOf(name);
  if (state.ItemProcessor)
    return [
      `${indent}subgraph ${id}["${name}: ${state.Comment ?? 'for each'}"]`,
      ...drawMachine(state.ItemProcessor, `${indent}  `),
      `${indent}end`,
    ];
  if (state.Type === 'Choice') return [`${indent}${id}{"${name}"}`];
  if (state.Type === 'Succeed') return [`${indent}${id}(["${name}"]):::good`];
  if (state.Type === 'Fail') return [`${indent}${id}(["${name}"]):::bad`];
  return [isWaiting(state) ? `${indent}${id}(["${name}"]):::waits` : `${indent}${id}["${name}"]`];
}

function drawArrows(name: string, { Next, Choices = [], Default, Catch = [] }: AslState): string[] {
  const from = idOf(name);
  const chosen = Choices.map(({ StringEquals, Next: to }) =>
    // The ends are named after their choice.
    StringEquals === to ? `${from} --> ${idOf(to)}` : `${from} -->|${StringEquals}| ${idOf(to)}`,
  );
  return [
    ...(Next === undefined ? [] : [`${from} --> ${idOf(Next)}`]),
    ...chosen,
    ...(Default === undefined ? [] : [`${from} -->|else| ${idOf(Default)}`]),
    // A step whose error is only noted goes where it would have gone anyway.
    ...Catch.filter((caught) => caught.Next !== Next).map((caught) => `${from} -.-> ${idOf(caught.Next)}`),
  ];
}

export interface StateRow {
  name: string;
  type: string;
  says: string;
}

/** Every state with its sentence, in the machine's order, inner ones behind the one that they are in. */
export function listStates({ States }: Machine): StateRow[] {
  return Object.entries(States).flatMap(([name, state]) => [
    { name, type: isWaiting(state) ? 'Task, waits' : state.Type, says: state.Comment ?? state.Cause ?? '' },
    ...(state.ItemProcessor ? listStates(state.ItemProcessor) : []),
  ]);
}
