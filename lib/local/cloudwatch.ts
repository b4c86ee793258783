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

/** Metrics and alarms, enough to show them. Alarms notify nobody here: they are read by `DescribeAlarms`. */
export function startCloudWatch(options: { now?(): number } = {}): CloudWatch {
  const store = new MetricStore();
  const alarms: Alarm[] = [];
  const now = () => options.now?.() ?? Date.now();

  function describe(alarm: Alarm): object {
    const { state, reason } = judge(alarm, store, now());
    const { name: AlarmName, arn: AlarmArn, properties } = alarm;
    return { ...properties, AlarmName, AlarmArn, StateValue: state, StateReason: reason };
  }

  const service = makeJsonService({
    DescribeAlarms(input) {
      if (Object.keys(input).length > 0)
        throw new ServiceFault(501, 'NotImplemented', 'The local CloudWatch describes all alarms at once');
      return { MetricAlarms: alarms.map(describe), CompositeAlarms: [] };
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
