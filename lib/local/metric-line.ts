export interface Measured {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  value: number;
  atMs: number;
}

/** What a service of AWS measures by itself, as a line in the embedded metric format. */
export function toMetricLine({ namespace, name, dimensions, value, atMs }: Measured): string {
  const CloudWatchMetrics = [
    { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: [{ Name: name }] },
  ];
  return JSON.stringify({ _aws: { Timestamp: atMs, CloudWatchMetrics }, ...dimensions, [name]: value });
}
