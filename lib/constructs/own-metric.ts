import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, metricNamespace, metricService } from '#contracts/metric-names.ts';

/** One of the metrics that Muster emits. */
export function ownMetric(metricName: MetricName): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { service: metricService },
  });
}
