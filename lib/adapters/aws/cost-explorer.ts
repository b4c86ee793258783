import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { DaySpending, Spending } from '#core/ports/spending.ts';
import { callJsonService, type JsonServiceTarget } from '../client/json-service.ts';

const reply = z.object({
  ResultsByTime: z.array(
    z.object({
      TimePeriod: z.object({ Start: z.string() }),
      Groups: z
        .array(
          z.object({
            Keys: z.array(z.string()).min(1),
            Metrics: z.object({ UnblendedCost: z.object({ Amount: z.coerce.number() }) }),
          }),
        )
        .default([]),
    }),
  ),
  NextPageToken: z.string().optional(),
});

/** Cost Explorer is in one place for all regions. Source: Billing and Cost Management endpoints. */
const region = 'us-east-1';

/** Each call, so each page, costs `costExplorerRequest` of `#contracts/aws-prices.ts`. */
export function makeSpending(target: JsonServiceTarget): Spending {
  return {
    async byDay(fromDay, untilDay) {
      const found: DaySpending[] = [];
      let page: string | undefined;
      for (let requests = 1; requests <= limits.spendingPages; requests++) {
        const { ResultsByTime, NextPageToken } = await ask(target, fromDay, untilDay, page);
        for (const { TimePeriod, Groups } of ResultsByTime)
          for (const { Keys, Metrics } of Groups)
            found.push({
              day: TimePeriod.Start,
              service: String(Keys[0]),
              usd: Metrics.UnblendedCost.Amount,
            });
        if (NextPageToken === undefined) return { days: found, requests };
        page = NextPageToken;
      }
      throw new AppError('internal', `Cost Explorer has more than ${limits.spendingPages} pages of figures`, {
        retryable: false,
      });
    },
  };
}

function ask(target: JsonServiceTarget, Start: string, End: string, NextPageToken: string | undefined) {
  return callJsonService(
    { ...target, region },
    {
      service: 'ce',
      operation: 'AWSInsightsIndexService.GetCostAndUsage',
      input: {
        TimePeriod: { Start, End },
        Granularity: 'DAILY',
        Metrics: ['UnblendedCost'],
        GroupBy: [{ Type: 'DIMENSION', Key: 'SERVICE' }],
        ...(NextPageToken === undefined ? {} : { NextPageToken }),
      },
      reply,
    },
  );
}
