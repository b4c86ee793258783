import * as z from 'zod';
import { type Alarm, judge } from './alarms.ts';
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
}

const statisticsInput = metric.extend({
  /** Seconds. */
  Period: z.number().positive(),
  Statistics: z.array(z.enum(statistics)).min(1),
  StartTime: z.number(),
  EndTime: z.number(),
});

const describeInput = z.strictObject({ AlarmNamePrefix: z.string().default('') });
const setInput = z.object({
  AlarmName: z.string(),
  StateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  StateReason: z.string(),
});
/** CloudWatch judges an alarm again within a minute, and then what was set is gone. */
const setStateMs = 60_000;

/** Metrics and alarms, enough to show them. Alarms notify nobody here: they are read by `DescribeAlarms`. */
export function startCloudWatch(options: { now?(): number } = {}): CloudWatch {
  const store = new MetricStore();
  const alarms: Alarm[] = [];
  const setStates = new Map<string, z.infer<typeof setInput> & { untilMs: number }>();
  const now = () => options.now?.() ?? Date.now();

  function describe(alarm: Alarm): object {
    const { name: AlarmName, arn: AlarmArn, properties } = alarm;
    const { state, reason } = judge(alarm, store, now());
    const set = setStates.get(AlarmName);
    const { StateValue, StateReason } =
      set && set.untilMs > now() ? set : { StateValue: state, StateReason: reason };
    return { ...properties, AlarmName, AlarmArn, StateValue, StateReason };
  }

  const service = makeJsonService({
    DescribeAlarms(raw) {
      const input = describeInput.safeParse(raw).data;
      if (!input)
        throw new ServiceFault(501, 'NotImplemented', 'The local CloudWatch finds alarms by AlarmNamePrefix');
      const found = alarms.filter(({ name }) => name.startsWith(input.AlarmNamePrefix));
      return { MetricAlarms: found.map(describe), CompositeAlarms: [] };
    },
    SetAlarmState(raw) {
      const input = setInput.safeParse(raw).data;
      if (!input)
        throw new ServiceFault(400, 'ValidationError', 'An alarm, StateValue and StateReason are needed');
      if (!alarms.some(({ name }) => name === input.AlarmName))
        throw new ServiceFault(404, 'ResourceNotFound', `There is no alarm ${input.AlarmName}`);
      setStates.set(input.AlarmName, { ...input, untilMs: now() + setStateMs });
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
    ingestLogLine: (line) => store.ingest(line),
    addAlarm(name, properties) {
      const arn = arnOf('cloudwatch', `alarm:${name}`);
      alarms.push({ name, arn, properties, createdAtMs: now() });
      return { arn };
    },
  };
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
