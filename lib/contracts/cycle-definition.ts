import { cycleEnds } from './run-states.ts';

/** The machine's name is fixed, so that its own functions can name it without a reference to it. */
export const cycleMachineName = 'muster-cycle';

/** Behind a job's own deadline, and behind a gate's own expiry: whoever waits longer was forgotten. */
const jobSeconds = 1_296_000;
const gateSeconds = 1_814_400;
/** Behind the longest time that an alarm is watched. */
const recoverySeconds = 90_000;
/** Of the `steps` function; longer than its own timeout. */
const stepSeconds = 120;
const cycleSeconds = 2_116_800;

type State = Record<string, unknown>;

/** Before a row exists nothing was done, and every step can be repeated. A job's own attempts are not its business. */
const retry = [
  {
    ErrorEquals: [
      'Lambda.ServiceException',
      'Lambda.AWSLambdaException',
      'Lambda.SdkClientException',
      'Lambda.TooManyRequestsException',
      'Lambda.Unknown',
      'unavailable',
      'busy',
    ],
    IntervalSeconds: 2,
    MaxAttempts: 6,
    BackoffRate: 2,
  },
  // A fault of an SDK that nobody has translated passes too; one of ours that stays as it is costs half a minute.
  { ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 2, MaxAttempts: 4, BackoffRate: 2 },
];

/** Whoever catches reads the rows again and honours what they say, so the error itself is only noted. */
function onError(next: string): State[] {
  return [{ ErrorEquals: ['States.ALL'], ResultPath: '$.problem', Next: next }];
}

const place = { 'run.$': '$.run', 'cycle.$': '$.cycle' };
const item = { 'action.$': '$.action', 'revision.$': '$.revision' };

/** A step that answers at once. */
function step(name: string, fields: State, steps: string, result: State, comment: string): State {
  return {
    Type: 'Task',
    Comment: comment,
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: steps, Payload: { step: name, ...fields } },
    ResultSelector: { 'answer.$': '$.Payload' },
    TimeoutSeconds: stepSeconds,
    Retry: retry,
    ...result,
  };
}

/** A step that ends when a job or a person does. What it answers is in the rows. */
function wait(
  name: string,
  fields: State,
  steps: string,
  seconds: number,
  next: string,
  comment: string,
): State {
  return {
    Type: 'Task',
    Comment: comment,
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: steps, Payload: { step: name, ...fields, 'token.$': '$$.Task.Token' } },
    ResultPath: null,
    TimeoutSeconds: seconds,
    Retry: retry,
    Catch: onError(next),
    Next: next,
  };
}

function choose(
  comment: string,
  choices: Record<string, string>,
  variable: string,
  otherwise: string,
): State {
  const Choices = Object.entries(choices).map(([value, Next]) => ({
    Variable: variable,
    StringEquals: value,
    Next,
  }));
  return { Type: 'Choice', Comment: comment, Choices, Default: otherwise };
}

function actionStates(steps: string): State {
  const fields = { ...place, ...item };
  return {
    StartAt: 'Execute',
    States: {
      Execute: wait(
        'execute',
        fields,
        steps,
        gateSeconds,
        'Check',
        'The owner does it: an agent, or a person',
      ),
      Check: wait('check', fields, steps, jobSeconds, 'Judge', 'Somebody else checks the evidence'),
      Judge: step(
        'judge',
        fields,
        steps,
        { OutputPath: '$.answer', Next: 'Revise?', Catch: onError('NotJudged') },
        'Met, or not met: what becomes of the action',
      ),
      'Revise?': choose(
        'Once more with the findings, as often as the team allows',
        { execute: 'Execute', check: 'Check' },
        '$.next',
        'ActionEnded',
      ),
      ActionEnded: { Type: 'Succeed', Comment: 'Its row says how' },
      NotJudged: { Type: 'Succeed', Comment: 'Close reads the rows, and finds it unfinished' },
    },
  };
}

/**
 * A cycle as a state machine: open, plan, decide, execute in waves, review, close. Pointers travel through it, not
 * texts: all that counts is in the rows that its steps write.
 *
 * @param steps ARN of the `steps` function
 */
export function cycleDefinition(steps: string): State {
  const keep = { ResultPath: '$.planned' };
  return {
    Comment: 'One cycle of a run: planning, execution, review',
    QueryLanguage: 'JSONPath',
    StartAt: 'Open',
    TimeoutSeconds: cycleSeconds,
    States: {
      Open: step(
        'open',
        place,
        steps,
        { ResultPath: '$.opened', Next: 'Planning', Catch: onError('Close') },
        'Writes the briefing: objective, last results, memory',
      ),
      Planning: wait('plan', place, steps, jobSeconds, 'ReadPlan', 'The planning team meets'),
      ReadPlan: step(
        'readPlan',
        place,
        steps,
        { ...keep, Next: 'GoOrNoGo', Catch: onError('Close') },
        'Stores the plan by its digest',
      ),
      GoOrNoGo: choose(
        'What the meeting decided, and who else has to agree',
        { approve: 'AwaitPlanApproval', execute: 'Execution' },
        '$.planned.answer.next',
        'Close',
      ),
      AwaitPlanApproval: wait(
        'askPlanApproval',
        place,
        steps,
        gateSeconds,
        'ReadPlanApproval',
        'A person decides: muster approval list',
      ),
      ReadPlanApproval: step(
        'readPlanApproval',
        place,
        steps,
        { ...keep, Next: 'PlanApproved?', Catch: onError('Close') },
        'Takes the digest from the decision',
      ),
      'PlanApproved?': choose('Yes, or no', { execute: 'Execution' }, '$.planned.answer.next', 'Close'),
      Execution: {
        Type: 'Map',
        Comment: 'Waves one after the other: high, medium, low',
        ItemsPath: '$.planned.answer.waves',
        ItemSelector: { 'wave.$': '$$.Map.Item.Value', ...place },
        MaxConcurrency: 1,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Wave',
          States: {
            Wave: {
              Type: 'Map',
              Comment: 'Actions of a wave, some at once',
              ItemsPath: '$.wave.actions',
              ItemSelector: {
                'title.$': '$$.Map.Item.Value.title',
                'owner.$': '$$.Map.Item.Value.owner',
                'priority.$': '$$.Map.Item.Value.priority',
                'action.$': '$$.Map.Item.Value.action',
                'revision.$': '$$.Map.Item.Value.revision',
                ...place,
              },
              MaxConcurrencyPath: '$.wave.atOnce',
              ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...actionStates(steps) },
              ResultPath: null,
              End: true,
            },
          },
        },
        ResultPath: null,
        Catch: onError('Close'),
        Next: 'Review',
      },
      Review: wait('review', place, steps, jobSeconds, 'ReadReview', "The coordinator's final review"),
      ReadReview: step(
        'readReview',
        place,
        steps,
        { ResultPath: '$.reviewed', Next: 'Release?', Catch: onError('Close') },
        'Keeps the lessons and the memory',
      ),
      'Release?': choose(
        'Whether a person has to release it',
        { approve: 'AwaitReleaseApproval', watch: 'AwaitRecovery' },
        '$.reviewed.answer.next',
        'Close',
      ),
      AwaitReleaseApproval: wait(
        'askReleaseApproval',
        place,
        steps,
        gateSeconds,
        'Watch?',
        'A person decides: muster approval list',
      ),
      'Watch?': choose(
        'Whether an alarm has to be over first',
        { watch: 'AwaitRecovery' },
        '$.reviewed.answer.recovery',
        'Close',
      ),
      AwaitRecovery: wait(
        'awaitRecovery',
        place,
        steps,
        recoverySeconds,
        'Close',
        'The alarm has to be over, and stay so: muster run show',
      ),
      Close: step(
        'close',
        place,
        steps,
        { OutputPath: '$.answer', Next: 'End', Catch: onError('NotClosed') },
        'Writes the report, and what comes next',
      ),
      End: {
        ...choose(
          'How it ended',
          Object.fromEntries(Object.keys(cycleEnds).map((end) => [end, end])),
          '$.end',
          'NotClosed',
        ),
      },
      ...endStates(),
      NotClosed: {
        Type: 'Fail',
        Error: 'NotClosed',
        Cause: 'The cycle could not be closed; the reconciler closes it.',
      },
    },
  };
}

function endStates(): State {
  const entries = Object.entries(cycleEnds).map(([name, { good, says }]) => [
    name,
    good ? { Type: 'Succeed', Comment: says } : { Type: 'Fail', Error: name, Cause: says },
  ]);
  return Object.fromEntries(entries);
}
