import type { AwsPrices } from '#contracts/aws-prices.ts';
import type { IdleQuantity, TemplateResources } from './idle-quantity.ts';

const ticksPerMonth = 43_800;
/** Of one event source mapping: five pollers, each asks every 20 s. Reasoned, not measured. */
const pollsPerMonth = 648_000;
/** The table and the queue each ask for a data key every five minutes while they are in use. Reasoned, not measured. */
const keyRequestsPerMonth = 2 * 8_760;
/** Of the reconciler's pass, with 512 MiB. Reads are counted from its queries; time and log are assumed. */
const tick = { seconds: 0.2, memoryGiB: 0.5, halfReadUnits: 18, logBytes: 1_000 } as const;
/** Metrics that a pass writes even when there is nothing to do: each is billed by the hours in which it comes. */
const metricsOfTick = 2;
/** Compressed. */
const workerImageGiB = 0.5;
const bundlesGiB = 0.1;

/** What goes on while nobody submits anything. */
export function idleUse(resources: TemplateResources, prices: AwsPrices): IdleQuantity[] {
  return [
    ...reconcilerUse(prices),
    pollingUse(resources, prices),
    ...hardenedUse(resources, prices),
    ...storedUse(prices),
  ];
}

function reconcilerUse(prices: AwsPrices): IdleQuantity[] {
  return [
    {
      item: 'Lambda: passes of the reconciler',
      quantity: ticksPerMonth,
      unit: 'requests',
      unitUsd: prices.lambdaRequest,
      free: 'lambdaRequests',
    },
    {
      item: 'Lambda: time of the reconciler',
      quantity: ticksPerMonth * tick.seconds * tick.memoryGiB,
      unit: 'GiB-seconds',
      unitUsd: prices.lambdaGiBSecond,
      free: 'lambdaGiBSeconds',
    },
    {
      // Ten queries of a half, and the slots of two lanes twice, consistently.
      item: 'DynamoDB: reads of the reconciler',
      quantity: (ticksPerMonth * tick.halfReadUnits) / 2,
      unit: 'read units',
      unitUsd: prices.dynamoReadUnit,
    },
    {
      item: 'CloudWatch: metrics of the reconciler',
      quantity: metricsOfTick,
      unit: 'metrics',
      unitUsd: prices.metricMonth,
      free: 'metrics',
    },
    {
      item: 'CloudWatch: logs of the reconciler',
      quantity: (ticksPerMonth * tick.logBytes) / 1e9,
      unit: 'GB',
      unitUsd: prices.logsGiB,
      free: 'logsGiB',
    },
  ];
}

function pollingUse(resources: TemplateResources, prices: AwsPrices): IdleQuantity {
  const sources = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
  return {
    item: 'SQS: polling by Lambda',
    quantity: sources.length * pollsPerMonth,
    unit: 'requests',
    unitUsd: prices.sqsRequest,
    free: 'sqsRequests',
  };
}

/** What keys of one's own and traces add. */
function hardenedUse(resources: TemplateResources, prices: AwsPrices): IdleQuantity[] {
  const all = Object.values(resources);
  const hasKey = all.some(({ Type }) => Type === 'AWS::KMS::Key');
  const isTraced = all.some(({ Properties }) =>
    JSON.stringify(Properties?.TracingConfig)?.includes('Active'),
  );
  const requests = { item: 'KMS: requests', quantity: keyRequestsPerMonth, unit: 'requests' };
  const traces = { item: 'X-Ray: traces of the reconciler', quantity: ticksPerMonth, unit: 'traces' };
  return [
    ...(hasKey ? [{ ...requests, unitUsd: prices.kmsRequest, free: 'kmsRequests' as const }] : []),
    ...(isTraced ? [{ ...traces, unitUsd: prices.xrayTrace, free: 'xrayTraces' as const }] : []),
  ];
}

function storedUse(prices: AwsPrices): IdleQuantity[] {
  return [
    { item: "ECR: the worker's image", quantity: workerImageGiB, unit: 'GB', unitUsd: prices.ecrGiBMonth },
    {
      item: 'S3: bundles in the bootstrap bucket',
      quantity: bundlesGiB,
      unit: 'GB',
      unitUsd: prices.s3GiBMonth,
    },
  ];
}
