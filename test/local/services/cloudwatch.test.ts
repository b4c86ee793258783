import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { actionsOf, toAlarmEvent, toNotification } from '../../../lib/local/alarm-messages.ts';
import type { AlarmChange } from '../../../lib/local/alarm-watch.ts';
import { type CloudWatch, startCloudWatch } from '../../../lib/local/cloudwatch.ts';
import { startLogs } from '../../../lib/local/logs.ts';
import type { LocalServer } from '../../../lib/local/server.ts';
import { toEndLine } from '../../../lib/local/step-functions/describe-execution.ts';
import type { Ended } from '../../../lib/local/step-functions/executions.ts';
import { makeTempDir, serveLocally, signedFetch } from './harness.ts';

const T0 = Date.parse('2026-03-01T12:00:00Z');
const ALARM = {
  Namespace: 'Muster',
  MetricName: 'JobsFailed',
  Dimensions: [{ Name: 'service', Value: 'reconciler' }],
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
};

const temp = await makeTempDir();
let now = T0;
let aheadMs = 0;
let changes: AlarmChange[] = [];
let cloudWatch: CloudWatch;
let server: LocalServer | undefined;

beforeEach(async () => {
  await server?.close();
  now = T0;
  aheadMs = 0;
  changes = [];
  cloudWatch?.close();
  cloudWatch = startCloudWatch({
    now: () => now,
    aheadMs: () => aheadMs,
    onAlarm: (change) => changes.push(change),
  });
  const logs = startLogs({ dir: temp.dir, now: () => now });
  logs.appendLog('/aws/lambda/reconciler', '2026/03/01/[$LATEST]1', '{"level":"INFO","message":"hello"}');
  server = await serveLocally({ monitoring: cloudWatch, logs });
});

afterAll(async () => {
  cloudWatch.close();
  await server?.close();
  await temp.remove();
});

function emit(value: number, time: number): void {
  const Metrics = [{ Name: 'JobsFailed', Unit: 'Count' }];
  const CloudWatchMetrics = [{ Namespace: 'Muster', Dimensions: [['service']], Metrics }];
  const line = { _aws: { Timestamp: time, CloudWatchMetrics }, service: 'reconciler', JobsFailed: value };
  cloudWatch.ingestLogLine(JSON.stringify(line));
}

async function call(service: string, target: string, input: object): Promise<Record<string, unknown>> {
  if (!server) throw new Error('not started');
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const response = await signedFetch(server, {
    method: 'POST',
    service,
    headers,
    body: JSON.stringify(input),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** Of an alarm that is older than what it looks back on, unless told otherwise. */
async function stateOf(properties: object, ageMs = 3 * 60_000): Promise<unknown> {
  const then = now;
  now = then - ageMs;
  cloudWatch.addAlarm('JobsFailed', { ...properties });
  now = then;
  const output = await call('monitoring', 'GraniteServiceVersion20100801.DescribeAlarms', {});
  return (output.MetricAlarms as { StateValue: string }[]).at(-1)?.StateValue;
}

describe('the local CloudWatch', () => {
  it('raises an alarm when enough periods breach, and ends it when they are past', async () => {
    emit(6, T0 - 150_000);
    expect(await stateOf(ALARM)).toBe('OK');
    emit(2, T0 - 30_000);
    emit(3, T0 - 20_000);
    expect(await stateOf(ALARM)).toBe('ALARM');
    now = T0 + 60_000;
    expect(await stateOf(ALARM)).toBe('OK');
  });

  it.each([
    ['missing', 'INSUFFICIENT_DATA'],
    ['notBreaching', 'OK'],
    ['breaching', 'ALARM'],
  ])('takes no data, to be treated as %s, for %s', async (TreatMissingData, state) => {
    expect(await stateOf({ ...ALARM, TreatMissingData })).toBe(state);
  });

  it.each([
    [60_000 * 3 - 1, 'INSUFFICIENT_DATA'],
    [60_000 * 3, 'ALARM'],
  ])('takes silence at an age of %i ms for %s: there was nobody to speak before', async (ageMs, state) => {
    expect(await stateOf({ ...ALARM, TreatMissingData: 'breaching' }, ageMs)).toBe(state);
  });

  it('takes what has happened for what it is, however young the alarm', async () => {
    emit(5, T0 - 100_000);
    emit(5, T0 - 30_000);
    expect(await stateOf({ ...ALARM, TreatMissingData: 'breaching' }, 1)).toBe('ALARM');
    expect(await stateOf({ ...ALARM, TreatMissingData: 'notBreaching', Threshold: 6 }, 1)).toBe('OK');
  });

  it('tells of each change once: topics when it begins and when it ends, rules each time', async () => {
    const topics = { AlarmActions: ['arn:bad'], OKActions: ['arn:good'] };
    expect(await stateOf({ ...ALARM, ...topics, TreatMissingData: 'notBreaching' })).toBe('OK');
    emit(9, now);
    aheadMs = 60_000;
    emit(9, now);
    const look = () =>
      call('monitoring', 'GraniteServiceVersion20100801.DescribeAlarms', { StateValue: 'ALARM' });
    expect((await look()).MetricAlarms).toMatchObject([{ StateUpdatedTimestamp: T0 / 1000 + 60 }]);
    expect((await look()).MetricAlarms).toHaveLength(1);
    aheadMs = 600_000;
    expect((await look()).MetricAlarms).toEqual([]);
    expect(changes.map((change) => [change.before.state, change.after.state, actionsOf(change)])).toEqual([
      ['INSUFFICIENT_DATA', 'OK', []],
      ['OK', 'ALARM', ['arn:bad']],
      ['ALARM', 'OK', ['arn:good']],
    ]);
    const change = changes[1] as AlarmChange;
    const { subject, message } = toNotification(change);
    expect(subject).toBe('ALARM: "JobsFailed" in US East (N. Virginia)');
    expect(JSON.parse(message)).toMatchObject({
      AlarmName: 'JobsFailed',
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
      StateChangeTime: '2026-03-01T12:01:00.000+0000',
    });
    expect(toAlarmEvent(change)).toMatchObject({
      alarmName: 'JobsFailed',
      state: { value: 'ALARM', timestamp: '2026-03-01T12:01:00.000+0000' },
      previousState: { value: 'OK' },
    });
  });

  it('raises an alarm that somebody sets, for a minute', async () => {
    await stateOf({ ...ALARM, TreatMissingData: 'notBreaching' });
    await call('monitoring', 'GraniteServiceVersion20100801.SetAlarmState', {
      ...{ AlarmName: 'JobsFailed', StateValue: 'ALARM', StateReason: 'a try' },
    });
    const states = async () => {
      const input = { AlarmNames: ['JobsFailed'] };
      const output = await call('monitoring', 'GraniteServiceVersion20100801.DescribeAlarms', input);
      return (output.MetricAlarms as { StateValue: string }[]).map(({ StateValue }) => StateValue);
    };
    expect(await states()).toEqual(['ALARM']);
    now += 60_000;
    expect(await states()).toEqual(['OK']);
    expect(changes.map(({ after }) => after.reason)[1]).toBe('a try');
  });

  it('raises an alarm on executions of one state machine that failed', async () => {
    const arn = 'arn:aws:states:us-east-1:000000000000:stateMachine:cycle';
    const end = (machineArn: string, status: Ended['status']): Ended => ({
      ...{ id: 'x', arn: 'arn:x', machineArn, name: 'x', status, input: '{}' },
      ...{ startedAtMs: T0 - 60_000, stoppedAtMs: T0 - 10_000 },
    });
    const alarm = {
      ...{ Namespace: 'AWS/States', MetricName: 'ExecutionsFailed', Statistic: 'Sum', Threshold: 1 },
      ...{ Period: 60, EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
      Dimensions: [{ Name: 'StateMachineArn', Value: arn }],
      TreatMissingData: 'notBreaching',
    };
    cloudWatch.ingestLogLine(toEndLine(end(`${arn}2`, 'FAILED')));
    for (const status of ['SUCCEEDED', 'ABORTED', 'TIMED_OUT'] as const)
      cloudWatch.ingestLogLine(toEndLine(end(arn, status)));
    expect(await stateOf(alarm)).toBe('OK');
    cloudWatch.ingestLogLine(toEndLine(end(arn, 'FAILED')));
    expect(await stateOf(alarm)).toBe('ALARM');
  });

  it('does not judge an alarm on a metric expression', async () => {
    const { MetricName: _, ...rest } = ALARM;
    expect(await stateOf({ ...rest, Metrics: [{ Expression: 'a/b' }] })).toBe('INSUFFICIENT_DATA');
  });

  it('gives statistics of what was logged in the embedded metric format', async () => {
    emit(2, T0 - 30_000);
    emit(4, T0 - 20_000);
    cloudWatch.ingestLogLine('START RequestId: "CloudWatchMetrics" {not json');
    const { Namespace, MetricName, Dimensions } = ALARM;
    const output = await call('monitoring', 'GraniteServiceVersion20100801.GetMetricStatistics', {
      ...{ Namespace, MetricName, Dimensions, Period: 60, Statistics: ['Sum', 'Average', 'Maximum'] },
      StartTime: T0 / 1000 - 60,
      EndTime: T0 / 1000,
    });
    expect(output.Datapoints).toEqual([{ Timestamp: T0 / 1000 - 60, Sum: 6, Average: 3, Maximum: 4 }]);
  });
});

describe('the local CloudWatch Logs', () => {
  it('finds log lines by group, time and term', async () => {
    const search = (more: object) =>
      call('logs', 'Logs_20140328.FilterLogEvents', { logGroupName: '/aws/lambda/reconciler', ...more });
    const found = await search({ filterPattern: '"hello"', startTime: T0, limit: 1 });
    expect(found.events).toEqual([
      expect.objectContaining({
        message: '{"level":"INFO","message":"hello"}',
        logStreamName: '2026/03/01/[$LATEST]1',
        timestamp: T0,
      }),
    ]);
    expect((await search({ filterPattern: 'absent' })).events).toEqual([]);
    expect((await search({ startTime: T0 + 1 })).events).toEqual([]);
    expect(await search({ logGroupName: '/nowhere' })).toMatchObject({ __type: 'ResourceNotFoundException' });
  });
});

describe('an operation that is not built', () => {
  it('is refused by name', async () => {
    const output = await call('monitoring', 'GraniteServiceVersion20100801.PutDashboard', {});
    expect(output.__type).toBe('UnknownOperationException');
  });
});
