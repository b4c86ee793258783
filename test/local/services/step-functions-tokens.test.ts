import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  InvalidOutput,
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeTaskTokens } from '../../../lib/local/step-functions/task-tokens.ts';
import { until } from '../compute/harness.ts';
import { makePlace, openService, type Place, type Service, task, waiting } from './step-functions-harness.ts';

const caught = [{ ErrorEquals: ['States.ALL'], Next: 'Handled', ResultPath: '$.error' }];
const machines = {
  approval: {
    StartAt: 'Wait',
    States: { Wait: waiting({ ResultPath: '$.said', End: true }, { 'by.$': '$.by' }) },
  },
  guarded: {
    StartAt: 'Wait',
    States: { Wait: waiting({ Catch: caught, End: true }), Handled: { Type: 'Succeed' } },
  },
  brief: {
    StartAt: 'Wait',
    States: { Wait: waiting({ Catch: caught, TimeoutSeconds: 4, End: true }), Handled: { Type: 'Succeed' } },
  },
  retried: {
    StartAt: 'Wait',
    States: {
      Wait: waiting({ Retry: [{ ErrorEquals: ['again'], IntervalSeconds: 1 }], End: true }),
    },
  },
  broken: {
    StartAt: 'Try',
    States: {
      Try: {
        ...task('fail', { error: 'busy', 'token.$': '$$.Task.Token' }),
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      },
    },
  },
  siblings: {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemProcessor: { StartAt: 'Wait', States: { Wait: waiting() } },
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }],
        End: true,
      },
      After: waiting({ End: true }, { after: true }),
    },
  },
  steps: {
    StartAt: 'First',
    TimeoutSeconds: 3600,
    States: {
      First: task(
        'echo',
        { step: 'first', 'run.$': '$$.Execution.Name' },
        { ResultPath: null, Next: 'Second' },
      ),
      Second: waiting({ End: true, ResultPath: '$.said' }, { step: 'second' }),
    },
  },
};

let place: Place;
let service: Service;

beforeEach(async () => {
  place = await makePlace();
  service = await openService(place, machines);
});

afterEach(async () => {
  await service.close();
  await place.remove();
});

const succeed = (taskToken: string, output: unknown = {}) =>
  service.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
const fail = (taskToken: string, error?: string, cause?: string) =>
  service.client.send(new SendTaskFailureCommand({ taskToken, error, cause }));

const tokens = (): string[] =>
  place.calls().flatMap(({ token }) => (typeof token === 'string' ? [token] : []));
/** The tokens that functions were handed, when there are so many. */
const tokensUntil = (count: number) =>
  until(`${count} tokens`, () => (tokens().length >= count ? tokens() : undefined));
const token = async (count = 1): Promise<string> => (await tokensUntil(count))[count - 1] ?? '';

describe('a task that waits for its token', () => {
  it('ends with the output that is sent with it', async () => {
    const arn = await service.start('approval', { by: 'me' });
    await succeed(await token(), { decision: 'approve' });
    expect(await service.ended(arn)).toMatchObject({
      status: 'SUCCEEDED',
      output: { by: 'me', said: { decision: 'approve' } },
    });
  });

  it('fails with the error that is sent with it', async () => {
    const arn = await service.start('guarded');
    await fail(await token(), 'cancelled', 'somebody stopped it');
    expect((await service.ended(arn)).output).toEqual({
      error: { Error: 'cancelled', Cause: 'somebody stopped it' },
    });
  });

  it('fails at once when its function does', async () => {
    expect(await service.ended(await service.start('broken'))).toMatchObject({
      status: 'FAILED',
      error: 'busy',
    });
    await expect(succeed(await token())).rejects.toBeInstanceOf(TaskTimedOut);
  });

  it('has a new token at every try', async () => {
    const arn = await service.start('retried');
    await fail(await token(), 'again');
    const [first = '', second = ''] = await tokensUntil(2);
    expect(second).not.toBe(first);
    await expect(succeed(first)).rejects.toBeInstanceOf(TaskTimedOut);
    await succeed(second);
    expect((await service.ended(arn)).status).toBe('SUCCEEDED');
  });

  it('times out, and its token with it', async () => {
    const arn = await service.start('brief');
    const late = await token();
    expect((await service.ended(arn)).output).toEqual({ error: { Error: 'States.Timeout', Cause: '' } });
    await expect(succeed(late)).rejects.toBeInstanceOf(TaskTimedOut);
  });

  it('is over when another item of its Map fails, or the execution is stopped', async () => {
    const executionArn = await service.start('siblings', [1, 2]);
    const [one = '', two = ''] = await tokensUntil(2);
    await fail(one, 'no');
    const after = await token(3);
    await expect(succeed(two)).rejects.toBeInstanceOf(TaskTimedOut);
    await service.client.send(new StopExecutionCommand({ executionArn }));
    await expect(succeed(after)).rejects.toBeInstanceOf(TaskTimedOut);
  });
});

describe('a token', () => {
  it('is good for one answer', async () => {
    const arn = await service.start('approval', { by: 'me' });
    const used = await token();
    await succeed(used, 'yes');
    await expect(succeed(used, 'no')).rejects.toBeInstanceOf(TaskTimedOut);
    await expect(fail(used)).rejects.toBeInstanceOf(TaskTimedOut);
    expect((await service.ended(arn)).output).toMatchObject({ said: 'yes' });
  });

  it('is not made up', async () => {
    const arn = await service.start('approval', { by: 'me' });
    const real = await token();
    await expect(succeed('made-up')).rejects.toBeInstanceOf(InvalidToken);
    await expect(succeed(`${'0'.repeat(32)}${real.slice(32)}`)).rejects.toBeInstanceOf(TaskDoesNotExist);
    await expect(succeed(`${real.slice(0, 33)}${'A'.repeat(43)}`)).rejects.toBeInstanceOf(TaskTimedOut);
    expect((await service.describe(arn)).status).toBe('RUNNING');
  });

  it('stays open when what is sent with it is not JSON, and while it says that it is alive', async () => {
    const arn = await service.start('approval', { by: 'me' });
    const taskToken = await token();
    await service.client.send(new SendTaskHeartbeatCommand({ taskToken }));
    const broken = service.client.send(new SendTaskSuccessCommand({ taskToken, output: '{' }));
    await expect(broken).rejects.toBeInstanceOf(InvalidOutput);
    await succeed(taskToken);
    expect((await service.ended(arn)).status).toBe('SUCCEEDED');
    const late = service.client.send(new SendTaskHeartbeatCommand({ taskToken }));
    await expect(late).rejects.toBeInstanceOf(TaskTimedOut);
  });

  it('is in no file', async () => {
    await service.start('approval', { by: 'me' });
    const secret = await token();
    const dir = join(place.dir, 'stepfunctions');
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(1);
    for (const file of files)
      expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(secret);
  });
});

it('a token is taken by its first answer, before anybody has acted on it', async () => {
  const book = makeTaskTokens(() => true);
  const { token: one, outcome } = book.open('a'.repeat(32));
  book.succeed(one, 'first');
  expect(() => book.succeed(one, 'second')).toThrow('does not exist anymore');
  expect(() => book.fail(one, 'late', '')).toThrow('does not exist anymore');
  expect(await outcome).toBe('first');
});

describe('a cloud that begins where another ended', () => {
  async function restart(): Promise<void> {
    await service.close();
    service = await openService(place, machines);
  }

  it('replays what was running, under the same name and with the same input', async () => {
    const arn = await service.start('steps', { by: 'me' }, 'run-1');
    const old = await token();
    const { startDate } = await service.describe(arn);
    await restart();
    const fresh = await token(2);
    expect(place.calls().map(({ step }) => step)).toEqual(['first', 'second', 'first', 'second']);
    expect(place.calls().map(({ run }) => run)).toEqual(['run-1', undefined, 'run-1', undefined]);
    expect(await service.describe(arn)).toMatchObject({ status: 'RUNNING', input: '{"by":"me"}', startDate });
    await expect(succeed(old)).rejects.toBeInstanceOf(TaskTimedOut);
    await succeed(fresh, 'done');
    expect(await service.ended(arn)).toMatchObject({
      status: 'SUCCEEDED',
      output: { by: 'me', said: 'done' },
    });
    expect(await service.eventTypes(arn)).toContain('ExecutionSucceeded');
  });

  it('knows what had ended, and does not run it again', async () => {
    const arn = await service.start('approval', { by: 'me' }, 'over');
    await succeed(await token(), 'yes');
    const before = await service.ended(arn);
    await restart();
    expect(await service.ended(arn)).toEqual(before);
    expect(place.calls()).toHaveLength(1);
    expect(service.ends).toEqual([]);
  });

  it('fails an execution whose machine is gone, and says so', async () => {
    const arn = await service.start('approval', { by: 'me' });
    await token();
    await service.close();
    service = await openService(place, {});
    expect(await service.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect((await service.describe(arn)).cause).toContain('stateMachine:approval is no longer in the stack');
  });
});
