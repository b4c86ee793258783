import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  arnOfMachine,
  makePlace,
  openService,
  type Place,
  type Service,
  task,
} from './step-functions-harness.ts';

const succeed = { Type: 'Succeed' };
const toHandled = { ErrorEquals: ['States.ALL'], Next: 'Handled', ResultPath: '$.error' };
const catching = (name: 'fail' | 'slow', payload: object, rest: object = {}) => ({
  StartAt: 'Try',
  States: { Try: task(name, payload, { End: true, Catch: [toHandled], ...rest }), Handled: succeed },
});
const choosing = (rule: object) => ({
  StartAt: 'Choose',
  States: {
    Choose: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
    Yes: { Type: 'Pass', Result: 'yes', End: true },
    No: { Type: 'Pass', Result: 'no', End: true },
  },
});
const mapOf = (item: object, rest: object = {}) => ({
  Type: 'Map',
  ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Item', States: { Item: item } },
  End: true,
  ...rest,
});

let place: Place;
let service: Service;

beforeAll(async () => {
  place = await makePlace();
  service = await openService(place, {});
});

afterAll(async () => {
  await service.close();
  await place.remove();
});

let machines = 0;
/** Runs a definition of its own to the end. */
async function run(definition: object, input: unknown = {}) {
  machines += 1;
  const name = `m${machines}`;
  service.add(name, definition);
  return service.ended(await service.start(name, input));
}

describe('a Task', () => {
  it('hands its payload to the function and gets its answer', async () => {
    const States = { Say: task('echo', { 'word.$': '$.word', fixed: 1 }) };
    expect(await run({ StartAt: 'Say', States }, { word: 'hello' })).toMatchObject({
      status: 'SUCCEEDED',
      output: { Payload: { word: 'hello', fixed: 1 }, StatusCode: 200, ExecutedVersion: '$LATEST' },
    });
  });

  it('selects of the answer and puts it beside its input', async () => {
    const rest = { ResultSelector: { 'word.$': '$.Payload.word' }, ResultPath: '$.said.last', End: true };
    const States = { Say: task('echo', { 'word.$': '$.word' }, rest) };
    const { output } = await run({ StartAt: 'Say', States }, { word: 'hello', said: { first: 1 } });
    expect(output).toEqual({ word: 'hello', said: { first: 1, last: { word: 'hello' } } });
  });

  it('fails by the name of the error that the function threw', async () => {
    const { status, error, cause } = await run({
      StartAt: 'Try',
      States: { Try: task('fail', { error: 'budget_exceeded', message: 'C:\\new "money"' }) },
    });
    expect([status, error]).toEqual(['FAILED', 'budget_exceeded']);
    expect(JSON.parse(cause ?? '')).toMatchObject({
      errorType: 'budget_exceeded',
      errorMessage: 'C:\\new "money"',
    });
  });

  it('leads to what catches its error', async () => {
    const { status, output } = await run(catching('fail', { error: 'busy' }), { kept: 1 });
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({ kept: 1, error: { Error: 'busy' } });
    const other = [{ ErrorEquals: ['stopped'], Next: 'Handled' }];
    expect(await run(catching('fail', { error: 'busy' }, { Catch: other }))).toMatchObject({
      status: 'FAILED',
      error: 'busy',
    });
  });

  it('is tried again as often as it says, with the input that it had', async () => {
    const before = place.calls().length;
    const Retry = [{ ErrorEquals: ['busy'], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 1 }];
    const definition = catching('fail', { error: 'busy', 'n.$': '$$.State.RetryCount' }, { Retry });
    expect((await run(definition)).output).toMatchObject({ error: { Error: 'busy' } });
    expect(
      place
        .calls()
        .slice(before)
        .map(({ n }) => n),
    ).toEqual([0, 1, 2]);
  });

  it('goes on when a later try succeeds', async () => {
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 3, MaxAttempts: 50, BackoffRate: 1 }];
    const States = { Try: task('flaky', { 'untilMs.$': '$.untilMs' }, { Retry, End: true }) };
    const { output } = await run({ StartAt: 'Try', States }, { untilMs: Date.now() + 400 });
    expect(output).toMatchObject({ Payload: { ok: true } });
  });

  it('times out, and can be caught for it', async () => {
    const slow = { ms: 2000 };
    expect((await run(catching('slow', slow, { TimeoutSeconds: 5 }))).output).toEqual({
      error: { Error: 'States.Timeout', Cause: '' },
    });
    const TaskFailed = [{ ErrorEquals: ['States.TaskFailed'], Next: 'Handled' }];
    expect(await run(catching('slow', slow, { TimeoutSeconds: 5, Catch: TaskFailed }))).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
    });
  });

  it('may have longer than a timer of Node can run', async () => {
    const definition = catching('slow', { ms: 60 }, { TimeoutSeconds: 99_999_999 });
    expect((await run(definition)).output).toMatchObject({ Payload: { ms: 60 } });
  });
});

describe('the context object', () => {
  it('names the execution, the machine and the state, inside a Map too', async () => {
    const paths = {
      'id.$': '$$.Execution.Id',
      'name.$': '$$.Execution.Name',
      'start.$': '$$.Execution.StartTime',
      'input.$': '$$.Execution.Input.items',
      'state.$': '$$.State.Name',
      'entered.$': '$$.State.EnteredTime',
      'machine.$': '$$.StateMachine.Name',
      'machineArn.$': '$$.StateMachine.Id',
    };
    const Each = mapOf({ Type: 'Pass', Parameters: paths, End: true }, { ItemsPath: '$.items' });
    service.add('context', { StartAt: 'Each', States: { Each } });
    const arn = await service.start('context', { items: ['a'] }, 'by-name');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect((await service.ended(arn)).output).toEqual([
      {
        id: arn,
        name: 'by-name',
        start: time,
        input: ['a'],
        state: 'Item',
        entered: time,
        machine: 'context',
        machineArn: arnOfMachine('context'),
      },
    ]);
  });

  it('fails where a path finds nothing, and nothing catches that', async () => {
    const { status, error, cause } = await run(catching('fail', { 'a.$': '$.nowhere' }));
    expect([status, error]).toEqual(['FAILED', 'States.Runtime']);
    expect(cause).toContain("'$.nowhere'");
  });
});

describe('a Choice', () => {
  it.each<[object, unknown, string]>([
    [{ Variable: '$.x', StringEquals: 'a' }, { x: 'a' }, 'yes'],
    [{ Variable: '$.x', StringEquals: 'a' }, { x: 1 }, 'no'],
    [{ Variable: '$.x', IsPresent: true }, {}, 'no'],
    [{ Variable: '$.x', IsPresent: false }, {}, 'yes'],
    [{ Variable: '$.x', IsPresent: true }, { x: null }, 'yes'],
    [{ Variable: '$.x', IsNull: false }, { x: 1 }, 'yes'],
    [{ Variable: '$.x', BooleanEquals: true }, { x: true }, 'yes'],
    [{ Variable: '$.x', NumericLessThanPath: '$.y' }, { x: 1, y: 2 }, 'yes'],
    [{ Variable: '$.x', NumericGreaterThanEquals: 2 }, { x: 1 }, 'no'],
    [{ Variable: '$.list[1].x', NumericEquals: 0 }, { list: [{}, { x: 0 }] }, 'yes'],
    [{ Not: { Variable: '$.x', StringEquals: 'a' } }, { x: 'b' }, 'yes'],
    [
      {
        And: [
          { Variable: '$.x', IsPresent: true },
          { Variable: '$.x', IsNull: false },
        ],
      },
      {},
      'no',
    ],
    [
      {
        Or: [
          { Variable: '$.x', IsPresent: false },
          { Variable: '$.x', IsNull: true },
        ],
      },
      { x: null },
      'yes',
    ],
  ])('%j of %j is %s', async (rule, input, expected) => {
    expect((await run(choosing(rule), input)).output).toBe(expected);
  });

  it('that nothing matches fails, unless it has a default', async () => {
    const Choose = { Type: 'Choice', Choices: [{ Variable: '$.x', IsNull: true, Next: 'Yes' }] };
    const { error } = await run({ StartAt: 'Choose', States: { Choose, Yes: succeed } }, { x: 1 });
    expect(error).toBe('States.NoChoiceMatched');
  });
});

describe('an end', () => {
  it('that is a Fail state has its error and cause', async () => {
    const Refuse = { Type: 'Fail', Error: 'OutOfBudget', Cause: 'There was no money left.' };
    expect(await run({ StartAt: 'Refuse', States: { Refuse } })).toMatchObject({
      status: 'FAILED',
      error: 'OutOfBudget',
      cause: 'There was no money left.',
    });
  });

  it('comes when the whole machine has had its time', async () => {
    const States = { Wait: task('slow', { ms: 2000 }) };
    const ended = await run({ StartAt: 'Wait', TimeoutSeconds: 5, States });
    expect(ended).toEqual({ status: 'TIMED_OUT', output: undefined, error: undefined, cause: undefined });
  });

  it('comes to an execution whose data are larger than AWS takes', async () => {
    const Double = { Type: 'Pass', Parameters: { 'a.$': '$.text', 'b.$': '$.text' }, End: true };
    const ended = await run({ StartAt: 'Double', States: { Double } }, { text: 'x'.repeat(200_000) });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

describe('a Map', () => {
  it('inside a Map keeps the order, and has at most as many at once as a path says', async () => {
    const item = task('slow', { ms: 40, 'wave.$': '$.wave', 'action.$': '$.action', 'at.$': '$.at' });
    const inner = mapOf(item, {
      ItemsPath: '$.actions',
      ItemSelector: { 'wave.$': '$.name', 'action.$': '$$.Map.Item.Value', 'at.$': '$$.Map.Item.Index' },
      MaxConcurrencyPath: '$.atOnce',
      ResultSelector: { 'done.$': '$[*].Payload.action' },
    });
    const outer = mapOf(inner, {
      ItemsPath: '$.waves',
      MaxConcurrency: 1,
      ItemSelector: {
        'name.$': '$$.Map.Item.Value.name',
        'actions.$': '$$.Map.Item.Value.actions',
        'atOnce.$': '$.atOnce',
      },
    });
    const waves = [
      { name: 'high', actions: ['a', 'b', 'c'] },
      { name: 'low', actions: ['d', 'e'] },
    ];
    const before = place.calls().length;
    service.add('waves', { StartAt: 'Waves', States: { Waves: { ...outer } } });
    const arn = await service.start('waves', { waves, atOnce: 2 });
    expect((await service.ended(arn)).output).toEqual([{ done: ['a', 'b', 'c'] }, { done: ['d', 'e'] }]);
    const calls = place.calls().slice(before);
    expect(calls.map(({ wave }) => wave)).toEqual(['high', 'high', 'high', 'low', 'low']);
    expect(calls.map(({ at }) => at).sort()).toEqual([0, 0, 1, 1, 2]);
    expect(most(await service.eventTypes(arn))).toBe(2);
  });

  it('that fails begins no further item', async () => {
    const item = task('fail', { error: 'busy', 'mark.$': '$' });
    const Each = mapOf(item, {
      MaxConcurrency: 1,
      Catch: [toHandled].map(({ ErrorEquals, Next }) => ({ ErrorEquals, Next })),
    });
    const After = task('slow', { ms: 100, mark: 'after' });
    const States = { Each, Handled: After };
    expect((await run({ StartAt: 'Each', States }, ['one', 'two', 'three'])).status).toBe('SUCCEEDED');
    const marks = place.calls().map(({ mark }) => mark);
    expect(marks).toContain('one');
    expect(marks).not.toContain('two');
  });

  it('of nothing is an empty list', async () => {
    expect((await run({ StartAt: 'Each', States: { Each: mapOf(task('echo', {})) } }, [])).output).toEqual(
      [],
    );
  });
});

/** How many tasks were open at once, at most. */
function most(types: (string | undefined)[]): number {
  let open = 0;
  return Math.max(
    ...types.map((type) => {
      if (type === 'TaskScheduled') open += 1;
      if (type === 'TaskSucceeded') open -= 1;
      return open;
    }),
  );
}

describe('a definition', () => {
  const one = (state: object) => ({ StartAt: 'One', States: { One: state } });
  it.each<[string, object, string]>([
    ['JSONata', { ...one(succeed), QueryLanguage: 'JSONata' }, 'only JSONPath'],
    ['a state in JSONata', one({ ...succeed, QueryLanguage: 'JSONata' }), 'only JSONPath'],
    ['a distributed Map', one(mapOf(succeed, { ItemReader: {} })), 'ItemReader'],
    [
      'a distributed mode',
      one({
        ...mapOf(succeed),
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...one(succeed) },
      }),
      'only INLINE',
    ],
    ['a heartbeat', one(task('echo', {}, { HeartbeatSeconds: 5, End: true })), 'HeartbeatSeconds'],
    ['.sync', one({ ...task('echo', {}), Resource: 'arn:aws:states:::ecs:runTask.sync' }), 'lambda:invoke'],
    ['a Parallel', one({ Type: 'Parallel', Branches: [], End: true }), 'only Task, Map'],
    ['an intrinsic function', one(task('echo', { 'a.$': 'States.UUID()' })), 'intrinsic functions'],
    ['an unknown operator', choosing({ Variable: '$.x', StringMatches: 'a*' }), 'StringMatches'],
    ['a way to nowhere', one({ Type: 'Pass', Next: 'Two' }), 'Two, which is no state'],
    ['no way on', one({ Type: 'Pass' }), 'either Next or End'],
    [
      'a function that is not there',
      one({ ...task('echo', {}), Parameters: { FunctionName: 'arn:aws:lambda:x:1:function:gone' } }),
      'calls gone',
    ],
  ])('with %s is refused when it is loaded', (_name, definition, message) => {
    expect(() => service.add('refused', definition)).toThrow(message);
  });
});
