import { type AwsPrices, awsPrices } from '#contracts/aws-prices.ts';
import type { Capacity } from '#contracts/capacity.ts';
import type { Compute } from '#contracts/compute.ts';

/** What jobs have used. */
export interface Footprint {
  workers: { compute: Compute; seconds: number; capacity?: Capacity | undefined }[];
  /** Of workers that were functions: seconds times memory. */
  functionWorkGiBSeconds: number;
  httpRequests: number;
  functionCalls: number;
  dynamoWrites: number;
  dynamoReads: number;
  sqsRequests: number;
  /** Of Step Functions, for runs. */
  stepTransitions?: number;
  s3Puts: number;
  s3Gets: number;
  secretReads: number;
  /** Of runs that were told what AWS has cost. */
  costExplorerRequests?: number;
  logBytes: number;
  /** What the model's tokens cost by its price list. */
  modelUsd: number;
}

export interface ReceiptLine {
  item: string;
  amount: string;
  usd: number;
}

export interface Receipt {
  lines: ReceiptLine[];
  /** Without the model. */
  infrastructureUsd: number;
  totalUsd: number;
}

/**
 * Quantities that cannot be counted on a laptop. Image pull: what Fargate takes for an image of some 300 MB.
 * A row has about 2 KB (two write units, one read unit) and is in one index (one more). A function with
 * 512 MiB answers within 100 ms.
 */
export const assumed = {
  imagePullSeconds: 35,
  writeUnitsPerWrite: 3,
  readUnitsPerRead: 1,
  functionGiB: 0.5,
  functionSeconds: 0.1,
} as const;

const hour = 3_600;
const gib = 1_073_741_824;

/** What the same would have cost on AWS, line by line. */
export function makeReceipt(footprint: Footprint, prices: AwsPrices = awsPrices): Receipt {
  const infrastructure = [
    ...computeLines(footprint, prices),
    ...requestLines(footprint, prices),
    ...storageLines(footprint, prices),
    ...billLines(footprint, prices),
  ];
  const infrastructureUsd = sum(infrastructure);
  const model = { item: 'model tokens', amount: '', usd: footprint.modelUsd };
  return {
    lines: [...infrastructure, model],
    infrastructureUsd,
    totalUsd: infrastructureUsd + footprint.modelUsd,
  };
}

function computeLines({ workers }: Footprint, prices: AwsPrices): ReceiptLine[] {
  const onSpot = workers.filter(({ capacity }) => capacity === 'spot');
  const others = workers.filter(({ capacity }) => capacity !== 'spot');
  const fargate = fargateLine('Fargate', others, prices);
  // Its rates follow demand and are in no price list: what it costs on demand is the most that it can be.
  const spot = fargateLine('Fargate Spot, priced as on demand', onSpot, prices);
  const seconds = fargate.seconds + spot.seconds;
  const address = {
    item: 'public IPv4',
    amount: `${seconds} s`,
    usd: (seconds / hour) * prices.publicIpv4Hour,
  };
  return onSpot.length === 0 ? [fargate.line, address] : [fargate.line, spot.line, address];
}

function fargateLine(item: string, workers: Footprint['workers'], prices: AwsPrices) {
  const billed = workers.map(({ compute, seconds }) => {
    const billedSeconds = Math.max(prices.fargateSecondsMin, Math.ceil(seconds + assumed.imagePullSeconds));
    return { billedSeconds, usd: (billedSeconds / hour) * hourlyUsd(compute, prices) };
  });
  const seconds = billed.reduce((total, { billedSeconds }) => total + billedSeconds, 0);
  const amount = `${counted(workers.length, 'worker')}, ${seconds} s (${prices.fargateSecondsMin} s each at least)`;
  return { seconds, line: { item, amount, usd: sum(billed) } };
}

function hourlyUsd({ cpu, memoryMiB, diskGiB }: Compute, prices: AwsPrices): number {
  return (
    (cpu / 1_024) * prices.fargateVcpuHour +
    (memoryMiB / 1_024) * prices.fargateGiBHour +
    Math.max(0, diskGiB - 20) * prices.fargateDiskGiBHour
  );
}

function requestLines(
  { httpRequests, functionCalls, functionWorkGiBSeconds, sqsRequests, stepTransitions = 0 }: Footprint,
  prices: AwsPrices,
): ReceiptLine[] {
  const perCall =
    prices.lambdaRequest + assumed.functionGiB * assumed.functionSeconds * prices.lambdaGiBSecond;
  return [
    {
      item: 'API Gateway',
      amount: counted(httpRequests, 'request'),
      usd: httpRequests * prices.httpApiRequest,
    },
    {
      item: 'Lambda',
      amount: counted(functionCalls, 'call'),
      usd: functionCalls * perCall + functionWorkGiBSeconds * prices.lambdaGiBSecond,
    },
    { item: 'SQS', amount: counted(sqsRequests, 'request'), usd: sqsRequests * prices.sqsRequest },
    ...(stepTransitions === 0 ? [] : [transitionLine(stepTransitions, prices)]),
  ];
}

function transitionLine(transitions: number, prices: AwsPrices): ReceiptLine {
  return {
    item: 'Step Functions',
    amount: counted(transitions, 'transition'),
    usd: transitions * prices.stepTransition,
  };
}

function storageLines(footprint: Footprint, prices: AwsPrices): ReceiptLine[] {
  const { dynamoWrites, dynamoReads, s3Puts, s3Gets, secretReads, logBytes } = footprint;
  const dynamoUsd =
    dynamoWrites * assumed.writeUnitsPerWrite * prices.dynamoWriteUnit +
    dynamoReads * assumed.readUnitsPerRead * prices.dynamoReadUnit;
  return [
    {
      item: 'DynamoDB',
      amount: `${counted(dynamoWrites, 'write')}, ${counted(dynamoReads, 'read')}`,
      usd: dynamoUsd,
    },
    {
      item: 'S3',
      amount: `${s3Puts} PUT, ${s3Gets} GET`,
      usd: s3Puts * prices.s3Put + s3Gets * prices.s3Get,
    },
    { item: 'Secrets Manager', amount: counted(secretReads, 'read'), usd: secretReads * prices.secretRead },
    {
      item: 'CloudWatch Logs',
      amount: `${(logBytes / 1_024).toFixed(1)} KB`,
      usd: (logBytes / gib) * prices.logsGiB,
    },
  ];
}

/** Figures that were bought for the work. */
function billLines({ costExplorerRequests = 0 }: Footprint, prices: AwsPrices): ReceiptLine[] {
  if (costExplorerRequests === 0) return [];
  const usd = costExplorerRequests * prices.costExplorerRequest;
  return [{ item: 'Cost Explorer', amount: counted(costExplorerRequests, 'request'), usd }];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function sum(lines: readonly { usd: number }[]): number {
  return lines.reduce((total, { usd }) => total + usd, 0);
}
