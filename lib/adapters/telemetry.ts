import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import { metricNamespace, metricService, metrics as metricTable } from '#contracts/metric-names.ts';
import type { Log, Metrics } from '#core/ports/system.ts';

export interface Telemetry {
  log: Log;
  metrics: Metrics;
  logger: Logger;
  /** Writes what was counted; call it at the end of every invocation. */
  flush(): void;
}

/** Structured logs and EMF metrics. No id is ever a dimension. */
export function makeTelemetry(functionName: string): Telemetry {
  const logger = new Logger({ serviceName: metricService, persistentKeys: { function: functionName } });
  const powertools = new PowertoolsMetrics({ namespace: metricNamespace, serviceName: metricService });
  return {
    logger,
    log: {
      info: (message, fields = {}) => logger.info(message, fields),
      warn: (message, fields = {}) => logger.warn(message, fields),
    },
    metrics: {
      count: (name, value = 1) =>
        powertools.addMetric(
          name,
          MetricUnit[metricTable[name].unit === 'None' ? 'NoUnit' : metricTable[name].unit],
          value,
        ),
    },
    flush: () => {
      // Powertools warns where there is nothing to write, which is most of the time.
      if (powertools.hasStoredMetrics()) powertools.publishStoredMetrics();
    },
  };
}
