import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  InvalidExecutionInput,
  InvalidName,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signedFetch } from './harness.ts';
import {
  arnOfMachine,
  makePlace,
  openService,
  type Place,
  roleArn,
  type Service,
  task,
  waiting,
} from './step-functions-harness.ts';

const say = { StartAt: 'Say', States: { Say: task('echo', { 'word.$': '$.word' }) } };
const wait = { StartAt: 'Wait', States: { Wait: waiting() } };
const slow = { StartAt: 'Slow', States: { Slow: task('slow', { ms: 150, 'n.$': '$.n' }) } };

let place: Place;
let service: Service;

beforeAll(async () => {
  place = await makePlace();
  service = await openService(place, { say, wait, slow });
});

afterAll(async () => {
  await service.close();
  await place.remove();
});

const stop = (executionArn: string, error?: string, cause?: string) =>
  service.client.send(new StopExecutionCommand({ executionArn, error, cause }));

describe('an execution', () => {
  it('is known by its name, with its times and documents', async () => {
    const arn = await service.start('say', { word: 'hello' }, 'first');
    expect(arn).toBe('arn:aws:states:us-east-1:000000000000:execution:say:first');
    await service.ended(arn);
    const described = await service.describe(arn);
    expect(described).toMatchObject({
      executionArn: arn,
      stateMachineArn: arnOfMachine('say'),
      name: 'first',
      status: 'SUCCEEDED',
      input: '{"word":"hello"}',
    });
    const { startDate, stopDate } = described;
    expect(startDate).toBeInstanceOf(Date);
    expect(Number(stopDate)).toBeGreaterThanOrEqual(Number(startDate));
    expect(Math.abs(Date.now() - Number(stopDate))).toBeLessThan(60_000);
  });

  it('started again while it runs is the same one; with other input, or when it has ended, it exists already', async () => {
    const arn = await service.start('wait', { a: 1 }, 'twice');
    const again = await service.client.send(
      new StartExecutionCommand({ stateMachineArn: arnOfMachine('wait'), name: 'twice', input: '{"a":1}' }),
    );
    expect(again.executionArn).toBe(arn);
    expect(again.startDate).toEqual((await service.describe(arn)).startDate);
    await expect(service.start('wait', { a: 2 }, 'twice')).rejects.toBeInstanceOf(ExecutionAlreadyExists);
    await stop(arn);
    await expect(service.start('wait', { a: 1 }, 'twice')).rejects.toBeInstanceOf(ExecutionAlreadyExists);
  });

  it.each(['', 'a b', 'a/b', 'a:b', '../x', 'a"b', 'a\u0001b', 'x'.repeat(81)])(
    'cannot be called %j',
    async (name) => {
      await expect(service.start('say', {}, name)).rejects.toBeInstanceOf(InvalidName);
    },
  );

  it('may have eighty characters, dots and letters of any script', async () => {
    for (const name of ['x'.repeat(80), '..', 'größe-計画'])
      expect((await service.ended(await service.start('say', { word: name }, name))).status).toBe(
        'SUCCEEDED',
      );
  });

  it('needs a machine that is there, and JSON of a size that AWS takes', async () => {
    await expect(service.start('nobody')).rejects.toBeInstanceOf(StateMachineDoesNotExist);
    const send = (input: string) =>
      service.client.send(new StartExecutionCommand({ stateMachineArn: arnOfMachine('say'), input }));
    await expect(send('{')).rejects.toBeInstanceOf(InvalidExecutionInput);
    await expect(send(`"${'x'.repeat(262_144)}"`)).rejects.toBeInstanceOf(InvalidExecutionInput);
  });

  it('that is not there does not exist', async () => {
    const executionArn = `${arnOfMachine('say').replace('stateMachine', 'execution')}:nobody`;
    for (const command of [
      new DescribeExecutionCommand({ executionArn }),
      new StopExecutionCommand({ executionArn }),
      new GetExecutionHistoryCommand({ executionArn }),
    ])
      await expect(service.client.send(command as StopExecutionCommand)).rejects.toBeInstanceOf(
        ExecutionDoesNotExist,
      );
  });

  it('is aborted when it is stopped, once', async () => {
    const arn = await service.start('wait');
    await stop(arn, 'Stopped', 'by hand');
    const first = await service.describe(arn);
    expect(first).toMatchObject({ status: 'ABORTED', error: 'Stopped', cause: 'by hand' });
    expect((await stop(arn, 'Other')).stopDate).toEqual(first.stopDate);
    expect(await service.describe(arn)).toMatchObject({ error: 'Stopped' });
    expect(service.ends.filter((end) => end.arn === arn)).toHaveLength(1);
    expect((await service.eventTypes(arn)).at(-1)).toBe('ExecutionAborted');
  });

  it('runs beside nine others', async () => {
    const inputs = Array.from({ length: 10 }, (_, n) => n);
    const arns = await Promise.all(inputs.map((n) => service.start('slow', { n })));
    const outputs = await Promise.all(arns.map((arn) => service.ended(arn)));
    expect(outputs.map(({ output }) => output.Payload.n)).toEqual(inputs);
    expect(new Set(arns).size).toBe(10);
  });
});

describe('the lists', () => {
  it('name executions, newest first, by status and page by page', async () => {
    service.add('listed', say);
    const arns: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      arns.push(await service.start('listed', { word: name }, name));
      await service.ended(arns.at(-1) ?? '');
    }
    const list = (rest: object) =>
      service.client.send(new ListExecutionsCommand({ stateMachineArn: arnOfMachine('listed'), ...rest }));
    const first = await list({ maxResults: 2, statusFilter: 'SUCCEEDED' });
    expect(first.executions?.map(({ name }) => name)).toEqual(['c', 'b']);
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    expect(second.executions?.map(({ name }) => name)).toEqual(['a']);
    expect(second.nextToken).toBeUndefined();
    expect((await list({ statusFilter: 'FAILED' })).executions).toEqual([]);
  });

  it('name machines, and show their definitions', async () => {
    const { stateMachines } = await service.client.send(new ListStateMachinesCommand());
    expect(stateMachines).toContainEqual(
      expect.objectContaining({ stateMachineArn: arnOfMachine('say'), name: 'say', type: 'STANDARD' }),
    );
    const described = await service.client.send(
      new DescribeStateMachineCommand({ stateMachineArn: arnOfMachine('say') }),
    );
    expect(described).toMatchObject({ status: 'ACTIVE', roleArn });
    expect(JSON.parse(described.definition ?? '')).toEqual(say);
  });

  it('tell what an execution did, in either direction', async () => {
    const arn = await service.start('say', { word: 'x' });
    await service.ended(arn);
    const types = [
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ];
    expect(await service.eventTypes(arn)).toEqual(types);
    const { events, nextToken } = await service.client.send(
      new GetExecutionHistoryCommand({ executionArn: arn, reverseOrder: true, maxResults: 2 }),
    );
    expect(events?.map(({ id, type }) => [id, type])).toEqual([
      [7, 'ExecutionSucceeded'],
      [6, 'TaskStateExited'],
    ]);
    expect(events?.[1]?.stateExitedEventDetails?.name).toBe('Say');
    expect(nextToken).toBe('2');
  });
});

it('an operation that is not known is refused by the name that AWS has for that', async () => {
  const response = await signedFetch(service.server, {
    method: 'POST',
    service: 'states',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AWSStepFunctions.RedriveExecution',
    },
    body: '{}',
  });
  expect([response.status, await response.json()]).toEqual([
    400,
    expect.objectContaining({ __type: 'UnknownOperationException' }),
  ]);
});
