import * as z from 'zod';
import { type AlarmChange, AlarmWatch } from './alarm-watch.ts';
import { type Alarm, type AlarmState, alarmStates } from './alarms.ts';
import { makeJsonService } from './json-service.ts';
import { MetricStore, metric, statistics } from './metric-store.ts';
import { arnOf } from './place.ts';
import type { LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

export interface CloudWatch extends LocalService {
  /** Takes the data points of a line in the embedded metric format; other lines are ignored. */
  ingestLogLine(line: string): void;
  /** Takes the resolved properties of `AWS::CloudWatch::Alarm`. */
  addAlarm(name: string, properties: Record<string, unknown>): { arn: string };
  close(): void;
}

export interface CloudWatchOptions {
  /** Default `Date.now`. */
  now?(): number;
  /** How far its clock is ahead of those that write metrics, for tests; default 0. */
  aheadMs?(): number;
  /** Told of every alarm that has gone from one state to another. */
  onAlarm?(change: AlarmChange): void;
}

const statisticsInput = metric.extend({
  /** Seconds. */
  Period: z.number().positive(),
  Statistics: z.array(z.enum(statistics)).min(1),
  StartTime: z.number(),
  EndTime: z.number(),
});

const describeInput = z.strictObject({
  AlarmNamePrefix: z.string().default(''),
  AlarmNames: z.array(z.string()).optional(),
  /** Whatever is asked for: there are alarms on metrics only. */
  AlarmTypes: z.array(z.string()).optional(),
  StateValue: z.enum(alarmStates).optional(),
});
type DescribeInput = z.infer<typeof describeInput>;
const setInput = z.object({
  AlarmName: z.string(),
  StateValue: z.enum(alarmStates),
  StateReason: z.string(),
});
/** CloudWatch itself takes a minute. */
const judgeEveryMs = 5_000;

/** Metrics and alarms on them, which are judged every few seconds and whenever somebody looks. */
export function startCloudWatch(options: CloudWatchOptions = {}): CloudWatch {
  const store = new MetricStore();
  const aheadMs = () => options.aheadMs?.() ?? 0;
  const now = () => (options.now?.() ?? Date.now()) + aheadMs();
  const onChange = (change: AlarmChange) => options.onAlarm?.(change);
  const watch = new AlarmWatch({ store, now, onChange });
  const judging = setInterval(() => watch.judge(), judgeEveryMs).unref();

  const service = makeJsonService({
    DescribeAlarms(raw) {
      const input = describeInput.safeParse(raw).data;
      if (!input)
        throw new ServiceFault(
          501,
          'NotImplemented',
          'The local CloudWatch finds alarms by AlarmNamePrefix, AlarmNames and StateValue',
        );
      const found = watch.judge().filter((alarm) => isAsked(input, alarm));
      return { MetricAlarms: found.map(describe), CompositeAlarms: [] };
    },
    SetAlarmState(raw) {
      const input = setInput.safeParse(raw).data;
      if (!input)
        throw new ServiceFault(400, 'ValidationError', 'An alarm, StateValue and StateReason are needed');
      const { AlarmName, StateValue: state, StateReason: reason } = input;
      if (!watch.set(AlarmName, { state, reason }))
        throw new ServiceFault(404, 'ResourceNotFound', `There is no alarm ${AlarmName}`);
      return {};
    },
    GetMetricStatistics(raw) {
      const input = statisticsInput.safeParse(raw).data;
      if (!input)
        throw new ServiceFault(400, 'InvalidParameterValue', 'A metric, Period and Statistics are needed');
      return { Label: input.MetricName, Datapoints: dataPoints(store, input) };
    },
  });
  return {
    ...service,
    ingestLogLine: (line) => store.ingest(line, aheadMs()),
    addAlarm(name, properties) {
      const arn = arnOf('cloudwatch', `alarm:${name}`);
      watch.add({ name, arn, properties, createdAtMs: now() });
      return { arn };
    },
    close: () => clearInterval(judging),
  };
}

interface Described {
  alarm: Alarm;
  state: AlarmState;
}

function isAsked({ AlarmNamePrefix, AlarmNames, StateValue }: DescribeInput, of: Described): boolean {
  const { name } = of.alarm;
  if (AlarmNames && !AlarmNames.includes(name)) return false;
  return name.startsWith(AlarmNamePrefix) && (StateValue ?? of.state.state) === of.state.state;
}

function describe({ alarm, state }: Described): object {
  const { name: AlarmName, arn: AlarmArn, properties } = alarm;
  const { state: StateValue, reason: StateReason, sinceMs } = state;
  const since = sinceMs / 1000;
  const times = { StateUpdatedTimestamp: since, StateTransitionedTimestamp: since };
  return { ...properties, AlarmName, AlarmArn, StateValue, StateReason, ...times };
}

function dataPoints(store: MetricStore, input: z.infer<typeof statisticsInput>): object[] {
  const { StartTime, EndTime, Period } = input;
  const starts = Array.from(
    { length: Math.ceil((EndTime - StartTime) / Period) },
    (_, i) => StartTime + i * Period,
  );
  return starts.flatMap((Timestamp) => {
    const [fromMs, toMs] = [Timestamp * 1000 - 1, (Timestamp + Period) * 1000 - 1];
    const values = input.Statistics.map((name) => [name, store.aggregate(input, name, fromMs, toMs)]);
    return values.some(([, value]) => value !== undefined)
      ? [{ Timestamp, ...Object.fromEntries(values) }]
      : [];
  });
}
