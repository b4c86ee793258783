import * as z from 'zod';

/** How alarms and callers name a metric. */
export const metric = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
});
type Metric = z.infer<typeof metric>;

export const statistics = ['Sum', 'Maximum', 'Minimum', 'Average', 'SampleCount'] as const;
export type Statistic = (typeof statistics)[number];

/** A line in the embedded metric format; the values stand beside `_aws`, under the metrics' names. */
const emfLine = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});
type EmfLine = z.infer<typeof emfLine>;

const keepMs = 24 * 3600_000;

/** Data points of the last 24 hours, in memory. */
export class MetricStore {
  readonly #series = new Map<string, { time: number; value: number }[]>();

  /** Takes the data points of a line in the embedded metric format, so much later; other lines are ignored. */
  ingest(text: string, laterMs = 0): void {
    if (!text.includes('"CloudWatchMetrics"')) return;
    const line = emfLine.safeParse(parseJson(text)).data;
    if (!line) return;
    for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics)
      for (const names of Dimensions)
        for (const { Name } of Metrics)
          this.#add(line, { Namespace, MetricName: Name, Dimensions: named(line, names) }, laterMs);
  }

  #add(line: EmfLine, of: Metric, laterMs: number): void {
    const time = line._aws.Timestamp + laterMs;
    const values = [line[of.MetricName]].flat().filter((value) => typeof value === 'number');
    const points = this.#series.get(seriesKey(of)) ?? [];
    points.push(...values.map((value) => ({ time, value })));
    this.#series.set(
      seriesKey(of),
      points.filter((point) => point.time > time - keepMs),
    );
  }

  /** The statistic over `(fromMs, toMs]`; undefined when there was no data point. */
  aggregate(of: Metric, statistic: Statistic, fromMs: number, toMs: number): number | undefined {
    const points = this.#series.get(seriesKey(of)) ?? [];
    const values = points.filter(({ time }) => time > fromMs && time <= toMs).map(({ value }) => value);
    return values.length === 0 ? undefined : summarize(statistic, values);
  }
}

function named(line: EmfLine, names: string[]): Metric['Dimensions'] {
  return names.map((Name) => ({ Name, Value: String(line[Name]) }));
}

function seriesKey({ Namespace, MetricName, Dimensions }: Metric): string {
  return JSON.stringify([Namespace, MetricName, Dimensions.map(({ Name, Value }) => [Name, Value]).sort()]);
}

/** A line may hold JSON after a prefix of the runtime's own (time, request id, level). */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line.slice(line.indexOf('{')));
  } catch {
    // Not a metric: any program may print these words.
    return undefined;
  }
}

function summarize(statistic: Statistic, values: number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  switch (statistic) {
    case 'Sum':
      return sum;
    case 'Average':
      return sum / values.length;
    case 'SampleCount':
      return values.length;
    case 'Minimum':
      return values.reduce((a, b) => Math.min(a, b));
    case 'Maximum':
      return values.reduce((a, b) => Math.max(a, b));
  }
}
