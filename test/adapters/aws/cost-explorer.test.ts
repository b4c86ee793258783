import { expect, test } from '@jest/globals';
import { makeSpending } from '#adapters/aws/cost-explorer.ts';
import { startJsonService } from '../../fakes/json-service.ts';

function result(Start: string, service: string, Amount: string) {
  const Groups = [{ Keys: [service], Metrics: { UnblendedCost: { Amount, Unit: 'USD' } } }];
  return { TimePeriod: { Start, End: 'later' }, Total: {}, Groups, Estimated: true };
}

test('spending is asked for by day and service, page by page [C5]', async () => {
  await using service = await startJsonService([
    { ResultsByTime: [result('2026-11-01', 'Amazon S3', '0.5')], NextPageToken: 'more' },
    { ResultsByTime: [result('2026-11-02', 'AWS Lambda', '1.25')] },
  ]);
  expect(await makeSpending(service.target).byDay('2026-11-01', '2026-11-03')).toEqual({
    days: [
      { day: '2026-11-01', service: 'Amazon S3', usd: 0.5 },
      { day: '2026-11-02', service: 'AWS Lambda', usd: 1.25 },
    ],
    requests: 2,
  });
  const body = {
    TimePeriod: { Start: '2026-11-01', End: '2026-11-03' },
    Granularity: 'DAILY',
    Metrics: ['UnblendedCost'],
    GroupBy: [{ Type: 'DIMENSION', Key: 'SERVICE' }],
  };
  const target = 'AWSInsightsIndexService.GetCostAndUsage';
  expect(service.asked).toEqual([
    { target, body },
    { target, body: { ...body, NextPageToken: 'more' } },
  ]);
});

test.each([
  ['AccessDeniedException', 'forbidden'],
  ['LimitExceededException', 'unavailable'],
  ['DataUnavailableException', 'internal'],
])('Cost Explorer that answers %s is %s [C5]', async (name, code) => {
  const refusal = { status: 400, body: { __type: name, Message: 'no' } };
  await using service = await startJsonService([refusal]);
  await expect(makeSpending(service.target).byDay('2026-11-01', '2026-11-03')).rejects.toMatchObject({
    code,
    retryable: code === 'unavailable',
  });
});
