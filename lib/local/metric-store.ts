export interface MetricPoint {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  value: number;
  unit?: string;
  /** Milliseconds since the epoch. */
  time: number;
}

export interface Series {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  unit: string;
  points: { time: number; value: number }[];
}

const KEEP_MS = 24 * 3600_000;

/** Data points of the last 24 hours, in memory. */
export class MetricStore {
  readonly #series = new Map<string, Series>();

  add(point: MetricPoint): void {
    const key = seriesKey(point.namespace, point.name, point.dimensions);
    const { namespace, name, dimensions, unit = 'None' } = point;
    const series = this.#series.get(key) ?? { namespace, name, dimensions, unit, points: [] };
    this.#series.set(key, series);
    series.points.push({ time: point.time, value: point.value });
    const oldest = point.time - KEEP_MS;
    while ((series.points[0]?.time ?? oldest) < oldest) series.points.shift();
  }

  find(namespace: string, name: string, dimensions: Record<string, string>): Series | undefined {
    return this.#series.get(seriesKey(namespace, name, dimensions));
  }

  list(): Series[] {
    return [...this.#series.values()];
  }
}

function seriesKey(namespace: string, name: string, dimensions: Record<string, string>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}

const STATISTICS: Record<string, (values: number[]) => number> = {
  SampleCount: (values) => values.length,
  Sum: sum,
  Average: (values) => sum(values) / values.length,
  Minimum: (values) => values.reduce((a, b) => Math.min(a, b)),
  Maximum: (values) => values.reduce((a, b) => Math.max(a, b)),
};

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

export function isStatistic(name: unknown): name is string {
  return typeof name === 'string' && Object.hasOwn(STATISTICS, name);
}

/** The statistic over `(fromMs, toMs]`; undefined when there was no data point. */
export function aggregate(
  series: Series | undefined,
  statistic: string,
  fromMs: number,
  toMs: number,
): number | undefined {
  const points = series?.points.filter(({ time }) => time > fromMs && time <= toMs) ?? [];
  return points.length === 0 ? undefined : STATISTICS[statistic]?.(points.map(({ value }) => value));
}

interface EmfDirective {
  Namespace: string;
  Dimensions?: string[][];
  Metrics?: { Name: string; Unit?: string }[];
}

/** The data points of a line in the embedded metric format; none for any other line. */
export function readEmfLine(line: string, now: number): MetricPoint[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const record = parseJson(line);
  const meta = record?._aws as { Timestamp?: number; CloudWatchMetrics?: EmfDirective[] } | undefined;
  if (!record || !Array.isArray(meta?.CloudWatchMetrics)) return [];
  const time = meta.Timestamp ?? now;
  return meta.CloudWatchMetrics.flatMap((directive) => readDirective(record, directive, time));
}

/** A line may hold JSON after a prefix of the runtime's own (time, request id, level). */
function parseJson(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line.slice(line.indexOf('{'))) as Record<string, unknown>;
  } catch {
    // Not a metric: any program may print these words.
    return undefined;
  }
}

function readDirective(
  record: Record<string, unknown>,
  directive: EmfDirective,
  time: number,
): MetricPoint[] {
  const sets = directive.Dimensions?.length ? directive.Dimensions : [[]];
  return sets.flatMap((names) => {
    const dimensions = Object.fromEntries(names.map((name) => [name, String(record[name])]));
    return (directive.Metrics ?? []).flatMap(({ Name, Unit }) =>
      [record[Name]]
        .flat()
        .filter((value) => typeof value === 'number')
        .map((value) => ({
          namespace: directive.Namespace,
          name: Name,
          dimensions,
          value,
          time,
          ...(Unit === undefined ? {} : { unit: Unit }),
        })),
    );
  });
}
