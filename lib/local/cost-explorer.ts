import * as z from 'zod';
import { makeJsonService } from './json-service.ts';
import type { LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const costInput = z.object({
  TimePeriod: z.object({ Start: day, End: day }),
  Granularity: z.literal('DAILY'),
  Metrics: z.array(z.literal('UnblendedCost')).length(1),
  GroupBy: z.array(z.object({ Type: z.literal('DIMENSION'), Key: z.literal('SERVICE') })).length(1),
});

/** US dollars a day. Nobody pays them: a laptop has no bill, and a table of figures has to look like one. */
const services = [
  ['Amazon Elastic Compute Cloud - Compute', 3.1],
  ['Amazon Relational Database Service', 1.9],
  ['AmazonCloudWatch', 0.8],
  ['Amazon Simple Storage Service', 0.4],
  ['AWS Lambda', 0.05],
] as const;
const dayMs = 86_400_000;
/** Something has become dearer in the last week. */
const dearer = { service: 'AmazonCloudWatch', days: 7, factor: 3 };

/** A bill that was made up: the same figures for the same day's distance from the end of the period. */
export function startCostExplorer(): LocalService {
  return makeJsonService({
    GetCostAndUsage(raw) {
      const input = costInput.safeParse(raw).data;
      if (!input)
        throw new ServiceFault(
          501,
          'NotImplemented',
          'The local Cost Explorer has UnblendedCost by day and service',
        );
      const { Start, End } = input.TimePeriod;
      const [from, until] = [Date.parse(Start), Date.parse(End)];
      if (!(from < until))
        throw new ServiceFault(400, 'ValidationException', 'Start date (and hour) should be before end date');
      return { ResultsByTime: daysFrom(from, until), DimensionValueAttributes: [] };
    },
  });
}

function daysFrom(from: number, until: number): object[] {
  return Array.from({ length: (until - from) / dayMs }, (_, i) => {
    const at = from + i * dayMs;
    const left = (until - at) / dayMs;
    return {
      TimePeriod: { Start: toDay(at), End: toDay(at + dayMs) },
      Groups: services.map(([service, usd]) => ({
        Keys: [service],
        Metrics: { UnblendedCost: { Amount: String(usd * factorOf(service, left)), Unit: 'USD' } },
      })),
      Estimated: left <= 2,
    };
  });
}

function factorOf(service: string, daysLeft: number): number {
  return service === dearer.service && daysLeft <= dearer.days ? dearer.factor : 1;
}

function toDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
