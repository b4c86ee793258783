/*
 * What the offline model says in runs of a team, by default of `workshop`. A story is told apart from others by its
 * name, which its objective and the sentences of all its actions hold.
 */

type Vote = 'go' | 'no_go';
type Fault = object;

export interface StoryAction {
  id: number;
  owner: string;
  kind: string;
  priority?: 'high' | 'medium' | 'low';
  dependsOn?: number[];
  criterion?: string;
  checks?: { tool: string; args?: object }[];
  /** What the owner runs with bash: at first, and at its revision. */
  bash?: [string, string?];
  /**
   * Instead of bash: the tools that the owner calls side by side, turn by turn. `{{capture.run}}` in them is the run's
   * id.
   */
  turns?: { name: string; input: object }[][];
  /** Instead of any words of the owner. */
  ownerFault?: Fault;
  /** Instead of any words of the reviewer. */
  reviewerFault?: Fault;
  /** What the owner says of the result, true or not. */
  claims?: string;
}

export interface StoryCycle {
  actions: StoryAction[];
  achieved?: boolean;
  memory?: string;
  reviewFault?: Fault;
}

export interface Story {
  name: string;
  /** Who speaks in the meeting. */
  members?: string[];
  /** How members vote; `go` by default. */
  votes?: Record<string, Vote>;
  speakFault?: Fault;
  /** What the moderator closes with, instead of the cycle's plan. */
  closing?: object;
  cycles: StoryCycle[];
}

const workshop = ['planner', 'builder', 'writer', 'inspector'];
/** Nothing more comes, and the socket stays open. */
export const hang = { kind: 'hang', afterDeltas: 0 };

const callAll = (calls: readonly { name: string; input: object }[]) => ({
  blocks: calls.map(({ name, input }) => ({ type: 'tool_use', name, input })),
});
const call = (name: string, input: object) => callAll([{ name, input }]);

export function objectiveOf({ name }: Pick<Story, 'name'>): string {
  return `Story ${name}: the workshop makes what the story tells.`;
}

export function sentenceOf(
  story: Pick<Story, 'name'>,
  cycle: number,
  { id }: Pick<StoryAction, 'id'>,
): string {
  return `Action ${id} of story ${story.name} is carried out in cycle ${cycle}.`;
}

function criterionOf({ criterion, id }: StoryAction): string {
  return criterion ?? `What action ${id} makes is there`;
}

/** All that is said in these stories, as rules of the offline model. */
export function tell(stories: readonly Story[]): object[] {
  return stories.flatMap((story) => [
    ...meeting(story),
    ...story.cycles.flatMap(({ actions }, index) =>
      actions.flatMap((action) => [...work(story, index + 1, action), ...verdict(story, index + 1, action)]),
    ),
    ...story.cycles.map((cycle, index) => finalReview(story, index + 1, cycle)),
  ]);
}

function membersOf({ members = workshop }: Story): string[] {
  return members;
}

function meeting(story: Story): object[] {
  const task = `Story ${story.name}:`;
  const speak = membersOf(story).map((member) => {
    const vote = story.votes?.[member] ?? 'go';
    const said = {
      statement: `${member} has thought about it.`,
      noObjectionBecause: 'It is small, and every part of it is checked.',
      vote,
      voteReason: `${member} is for ${vote}.`,
    };
    const when = { offers: 'speak', prompt: '# Round ', system: `You are ${member}, `, task };
    const words = story.speakFault ? { fault: story.speakFault } : { answer: call('speak', said) };
    return { name: `${story.name}: ${member} speaks`, when, ...words };
  });
  const close = story.cycles.map((cycle, index) => ({
    name: `${story.name}: cycle ${index + 1} is planned`,
    when: {
      offers: 'close_meeting',
      // Also where an answer was not taken and is asked for again.
      transcript: '# Close the meeting',
      task: `${task}[\\s\\S]*Cycle ${index + 1} of at most`,
    },
    answer: call('close_meeting', story.closing ?? planOf(story, index + 1, cycle)),
  }));
  return [...speak, ...close];
}

function planOf(story: Story, cycle: number, { actions }: StoryCycle): object {
  return {
    summary: `The workshop plans cycle ${cycle} of ${story.name}.`,
    decisions: [{ decision: 'Go ahead.', reason: 'Nothing speaks against it.', by: membersOf(story) }],
    actions: actions.map((action) => ({
      id: action.id,
      action: sentenceOf(story, cycle, action),
      kind: action.kind,
      owner: action.owner,
      priority: action.priority ?? 'medium',
      estimatedDuration: '1min',
      successCriteria: [criterionOf(action)],
      checks: (action.checks ?? []).map(({ tool, args = {} }) => ({
        criterion: criterionOf(action),
        tool,
        args,
      })),
      dependsOn: action.dependsOn ?? [],
    })),
  };
}

const inRun = { run: { from: 'task', pattern: 'objective of run (run-[0-9a-f]{16})' } };

function work(story: Story, cycle: number, action: StoryAction): object[] {
  const task = `^# Action ${action.id}\\s+${sentenceOf(story, cycle, action)}`;
  const name = `${story.name}: action ${action.id} of cycle ${cycle}`;
  if (action.owner === 'keeper') return [];
  if (action.ownerFault) return [{ name, when: { task }, fault: action.ownerFault }];
  const again = 'A reviewer looked at what was handed in before';
  const [first = 'true', second = first] = action.bash ?? [];
  const done = call('submit_result', {
    summary: action.claims ?? `Action ${action.id} is done: {{capture.output}}`,
    evidence: [
      {
        criterion: criterionOf(action),
        check: 'bash',
        output: action.claims ?? '{{capture.output}}',
      },
    ],
    confidence: 0.9,
    limitations: [],
  });
  return [
    ...(action.turns ?? []).map((calls, index) => ({
      name,
      when: { task, turn: index + 1 },
      capture: inRun,
      answer: callAll(calls),
    })),
    { name, when: { task, turn: 1 }, unless: { task: again }, answer: call('bash', { command: first }) },
    { name, when: { task, turn: 1 }, answer: call('bash', { command: second }) },
    {
      name,
      when: { task },
      capture: { output: { from: 'result', pattern: '[\\s\\S]{1,2000}', otherwise: 'nothing' } },
      answer: done,
    },
  ];
}

/** A reviewer that sees no fault in anything: what is found out is found out by the checks. */
function verdict(story: Story, cycle: number, action: StoryAction): object[] {
  const criterion = criterionOf(action);
  const when = {
    offers: 'submit_verdict',
    task: `^# Review of action ${action.id}\\s+Action: ${sentenceOf(story, cycle, action)}`,
  };
  const name = `${story.name}: action ${action.id} of cycle ${cycle} is judged`;
  if (action.reviewerFault) return [{ name, when, fault: action.reviewerFault }];
  const met = { criterion, verdict: 'met', evidence: 'It looks all right.' };
  return [{ name, when, answer: call('submit_verdict', { verdicts: [met], findings: [] }) }];
}

function finalReview(
  story: Story,
  cycle: number,
  { achieved = true, memory, reviewFault }: StoryCycle,
): object {
  const when = {
    offers: 'submit_review',
    task: `^# Review of cycle ${cycle}\\b[\\s\\S]*Story ${story.name}:`,
  };
  const name = `${story.name}: cycle ${cycle} is reviewed`;
  if (reviewFault) return { name, when, fault: reviewFault };
  const said = {
    objectiveAchieved: achieved,
    summary: `Cycle ${cycle} of ${story.name} was looked at.`,
    lessons: [`Lesson of cycle ${cycle} of ${story.name}.`],
    ...(memory === undefined ? {} : { memory }),
  };
  return { name, when, answer: call('submit_review', said) };
}
