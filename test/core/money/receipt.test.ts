import { describe, expect, test } from '@jest/globals';
import { type Footprint, makeReceipt } from '../../../lib/core/money/receipt.ts';

const compute = { cpu: 1024, memoryMiB: 2048, diskGiB: 20 };
const nothing: Footprint = {
  workers: [],
  functionWorkGiBSeconds: 0,
  httpRequests: 0,
  functionCalls: 0,
  dynamoWrites: 0,
  dynamoReads: 0,
  sqsRequests: 0,
  s3Puts: 0,
  s3Gets: 0,
  secretReads: 0,
  logBytes: 0,
  modelUsd: 0,
};

function usdOf(footprint: Partial<Footprint>, item: string): number | undefined {
  return makeReceipt({ ...nothing, ...footprint }).lines.find((line) => line.item === item)?.usd;
}

describe('a receipt', () => {
  test('bills a short worker for the minute that Fargate bills at least', () => {
    // (1 × 0.03238 + 2 × 0.00356) / 60
    expect(usdOf({ workers: [{ compute, seconds: 1 }] }, 'Fargate')).toBeCloseTo(0.000658333, 9);
    expect(usdOf({ workers: [{ compute, seconds: 1 }] }, 'public IPv4')).toBeCloseTo(0.000083333, 9);
  });

  test('bills a long one for its time and the pull of its image', () => {
    // 20 minutes and 35 seconds of 1 vCPU and 2 GiB
    expect(usdOf({ workers: [{ compute, seconds: 1_200 }] }, 'Fargate')).toBeCloseTo(0.013550694, 9);
  });

  test('keeps Spot apart, and prices it as on demand for want of a price list [D8]', () => {
    const workers = [
      { compute, seconds: 1, capacity: 'spot' },
      { compute, seconds: 1, capacity: 'on_demand' },
    ] as const;
    const { lines } = makeReceipt({ ...nothing, workers: [...workers] });
    expect(lines.slice(0, 3).map(({ item, usd }) => [item, Number(usd.toFixed(6))])).toEqual([
      ['Fargate', 0.000658],
      ['Fargate Spot, priced as on demand', 0.000658],
      ['public IPv4', 0.000167],
    ]);
  });

  test('bills disk beyond what is free', () => {
    const large = { ...compute, diskGiB: 120 };
    const difference =
      (usdOf({ workers: [{ compute: large, seconds: 3_565 }] }, 'Fargate') ?? 0) -
      (usdOf({ workers: [{ compute, seconds: 3_565 }] }, 'Fargate') ?? 0);
    expect(difference).toBeCloseTo(0.0111, 9);
  });

  test.each([
    ['API Gateway', { httpRequests: 1_000_000 }, 1],
    ['SQS', { sqsRequests: 1_000_000 }, 0.4],
    ['S3', { s3Puts: 1_000, s3Gets: 1_000 }, 0.0054],
    ['Secrets Manager', { secretReads: 10_000 }, 0.05],
    ['Cost Explorer', { costExplorerRequests: 3 }, 0.03],
    ['CloudWatch Logs', { logBytes: 1_073_741_824 }, 0.5],
    // 3 write units each, 1 read unit each
    ['DynamoDB', { dynamoWrites: 1_000_000, dynamoReads: 1_000_000 }, 2],
    // 0.2 for the requests, 50,000 GiB-seconds
    ['Lambda', { functionCalls: 1_000_000 }, 0.86667],
  ] as const)('bills %s', (item, footprint, usd) => {
    expect(usdOf(footprint, item)).toBeCloseTo(usd, 5);
  });

  test('keeps the model apart from AWS', () => {
    const { infrastructureUsd, totalUsd } = makeReceipt({
      ...nothing,
      httpRequests: 1_000_000,
      modelUsd: 0.25,
    });
    expect([infrastructureUsd, totalUsd]).toEqual([1, 1.25]);
  });
});
