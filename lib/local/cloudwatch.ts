import { type Alarm, evaluateAlarm, toDimensions } from './alarms.ts';
import { type JsonInput, makeJsonService, ServiceFault } from './json-service.ts';
import { aggregate, isStatistic, type MetricPoint, MetricStore, readEmfLine } from './metric-store.ts';
import type { LocalService } from './service.ts';

export interface CloudWatchOptions {
  region?: string;
  accountId?: string;
  /** Milliseconds since the epoch; default `Date.now`. */
  now?(): number;
}

export interface CloudWatch extends LocalService {
  /** Takes the data points of a line in the embedded metric format; other lines are ignored. */
  ingestLogLine(functionName: string, line: string): void;
  /** For AWS's own metrics (`AWS/Lambda` Errors …), which the local services emit themselves. */
  putMetric(metric: Omit<MetricPoint, 'time'>): void;
  /** Takes the resolved properties of `AWS::CloudWatch::Alarm`. Idempotent. */
  ensureAlarm(logicalId: string, properties: Record<string, unknown>): { arn: string; name: string };
}

/** CloudWatch's service name in credential scopes. */
export const CLOUDWATCH_SERVICE = 'monitoring';

/** Metrics and alarms, enough to show them. Alarms notify nobody here: they are read by `DescribeAlarms`. */
export async function startCloudWatch(options: CloudWatchOptions = {}): Promise<CloudWatch> {
  const store = new MetricStore();
  const alarms = new Map<string, Alarm>();
  const now = () => options.now?.() ?? Date.now();
  const arnPrefix = `arn:aws:cloudwatch:${options.region ?? 'us-east-1'}:${options.accountId ?? '000000000000'}:alarm:`;
  const service = makeJsonService({
    DescribeAlarms: (input) => describeAlarms(alarms, store, input, now()),
    GetMetricStatistics: (input) => getStatistics(store, input),
    ListMetrics: (input) => listMetrics(store, input),
  });
  return {
    handle: async (request) => {
      if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') {
        return { status: 501, body: 'The local CloudWatch speaks the JSON protocol, not CBOR' };
      }
      return service.handle(request);
    },
    ingestLogLine: (_functionName, line) => {
      for (const point of readEmfLine(line, now())) store.add(point);
    },
    putMetric: (metric) => store.add({ ...metric, time: now() }),
    ensureAlarm: (logicalId, properties) => {
      const name = String(properties.AlarmName ?? logicalId);
      const arn = `${arnPrefix}${name}`;
      const reason = 'Unchecked: Initial alarm creation';
      alarms.set(name, {
        name,
        arn,
        properties,
        state: 'INSUFFICIENT_DATA',
        reason,
        changedAt: now() / 1000,
      });
      return { arn, name };
    },
  };
}

function describeAlarms(
  alarms: Map<string, Alarm>,
  store: MetricStore,
  input: JsonInput,
  now: number,
): object {
  const names = Array.isArray(input.AlarmNames) && input.AlarmNames.length > 0 ? input.AlarmNames : undefined;
  for (const alarm of alarms.values()) evaluateAlarm(alarm, store, now);
  const found = [...alarms.values()].filter(
    (alarm) =>
      (names === undefined || names.includes(alarm.name)) &&
      alarm.name.startsWith(String(input.AlarmNamePrefix ?? '')) &&
      (input.StateValue === undefined || alarm.state === input.StateValue),
  );
  const MetricAlarms = found.map(({ name, arn, properties, state, reason, changedAt }) => ({
    ...properties,
    AlarmName: name,
    AlarmArn: arn,
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: changedAt,
  }));
  return { MetricAlarms, CompositeAlarms: [] };
}

function getStatistics(store: MetricStore, input: JsonInput): object {
  const statistics = Array.isArray(input.Statistics) ? input.Statistics.filter(isStatistic) : [];
  const periodMs = Number(input.Period) * 1000;
  if (statistics.length === 0 || !(periodMs > 0)) {
    throw new ServiceFault('InvalidParameterValue', 'Period and one of the simple statistics are needed.');
  }
  const series = store.find(
    String(input.Namespace),
    String(input.MetricName),
    toDimensions(input.Dimensions),
  );
  const [start, end] = [Number(input.StartTime) * 1000, Number(input.EndTime) * 1000];
  const count = Math.ceil((end - start) / periodMs);
  const Datapoints = Array.from({ length: count }, (_, i) => start + i * periodMs).flatMap((from) => {
    const values = statistics.map((name) => [name, aggregate(series, name, from - 1, from + periodMs - 1)]);
    const hasData = values.some(([, value]) => value !== undefined);
    return hasData ? [{ Timestamp: from / 1000, Unit: series?.unit, ...Object.fromEntries(values) }] : [];
  });
  return { Label: input.MetricName, Datapoints };
}

function listMetrics(store: MetricStore, input: JsonInput): object {
  const wanted = Object.entries(toDimensions(input.Dimensions));
  const Metrics = store
    .list()
    .filter(
      (series) =>
        (input.Namespace === undefined || series.namespace === input.Namespace) &&
        (input.MetricName === undefined || series.name === input.MetricName) &&
        wanted.every(
          ([name, value]) => name in series.dimensions && (!value || series.dimensions[name] === value),
        ),
    )
    .map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    }));
  return { Metrics };
}
