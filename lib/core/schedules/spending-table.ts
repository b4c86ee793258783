import type { Given } from '#contracts/given.ts';
import { limits } from '#contracts/limits.ts';
import type { DaySpending, Spending } from '#core/ports/spending.ts';

const dayMs = 86_400_000;
const weekDays = 7;
const servicesShown = 20;
/** Of a service's name: they are AWS's, and a sentence would not fit the table. */
const nameCharacters = 60;

/** Whole days in UTC; `until` is the first that is left out. */
interface Days {
  from: string;
  until: string;
}

interface ServiceSpending {
  service: string;
  lastUsd: number;
  beforeUsd: number;
}

export interface SpendingReport {
  given: Given;
  /** For a workflow's `{{period}}` and `{{limitUsd}}`. */
  values: { period: string; limitUsd: string };
}

/**
 * What the last seven whole days have cost by service, beside the seven before, and the month against its limit.
 *
 * @throws AppError of the port: without figures there is nothing to look at, so nothing is started
 */
export async function reportSpending(
  spending: Spending,
  nowMs: number,
  limitUsd: number,
): Promise<SpendingReport> {
  const last = { from: dayAt(nowMs - weekDays * dayMs), until: dayAt(nowMs) };
  const before = { from: dayAt(nowMs - 2 * weekDays * dayMs), until: last.from };
  const month = { from: `${dayAt(nowMs).slice(0, 7)}-01`, until: last.until };
  const { days, requests } = await spending.byDay(earlier(before.from, month.from), last.until);
  const period = nameOf(last);
  const text = [
    `Unblended cost by service in US dollars: ${period}, and before that ${nameOf(before)}.`,
    'Figures of the last two days may still change.',
    '',
    ...tableOf(days, last, before),
    '',
    `Month so far: ${usd(sumOf(days, month))} of ${usd(limitUsd)}, until the end of ${dayBefore(month.until)}`,
  ].join('\n');
  return {
    given: { kind: 'spending', text: text.slice(0, limits.givenCharacters), requests },
    values: { period, limitUsd: String(limitUsd) },
  };
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function earlier(a: string, b: string): string {
  return a.localeCompare(b) < 0 ? a : b;
}

function dayBefore(day: string): string {
  return dayAt(Date.parse(day) - dayMs);
}

function nameOf({ from, until }: Days): string {
  return `${from} to ${dayBefore(until)}`;
}

function sumOf(days: readonly DaySpending[], { from, until }: Days, service?: string): number {
  return days
    .filter((each) => each.day >= from && each.day < until)
    .filter((each) => service === undefined || each.service === service)
    .reduce((sum, each) => sum + each.usd, 0);
}

function tableOf(days: readonly DaySpending[], last: Days, before: Days): string[] {
  const services = [...new Set(days.map(({ service }) => service))]
    .map((service) => ({
      service,
      lastUsd: sumOf(days, last, service),
      beforeUsd: sumOf(days, before, service),
    }))
    .filter(({ lastUsd, beforeUsd }) => lastUsd !== 0 || beforeUsd !== 0)
    .sort((a, b) => b.lastUsd - a.lastUsd || b.beforeUsd - a.beforeUsd);
  const others = services.slice(servicesShown);
  const rest = others.length === 0 ? [] : [add(`${others.length} other services`, others)];
  return [
    'service | last period | before | change',
    ...[...services.slice(0, servicesShown), ...rest, add('all', services)].map(line),
  ];
}

function add(service: string, rows: readonly ServiceSpending[]): ServiceSpending {
  const sum = (key: 'lastUsd' | 'beforeUsd') => rows.reduce((total, row) => total + row[key], 0);
  return { service, lastUsd: sum('lastUsd'), beforeUsd: sum('beforeUsd') };
}

function line({ service, lastUsd, beforeUsd }: ServiceSpending): string {
  const change = lastUsd - beforeUsd;
  const name = service.replace(/[\s|]+/g, ' ').slice(0, nameCharacters);
  return `${name} | ${usd(lastUsd)} | ${usd(beforeUsd)} | ${change >= 0 ? '+' : '-'}${usd(Math.abs(change))}`;
}

function usd(amount: number): string {
  return amount.toFixed(2);
}
