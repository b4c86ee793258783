import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { isObject, type Json, parseJson } from './json.ts';
import { accountId, region } from './place.ts';

const unitMs: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The resolved properties of `AWS::Events::Rule`. */
export const ruleProperties = z.object({
  ScheduleExpression: z.string().optional(),
  EventPattern: z.json().optional(),
  EventBusName: z.never('only the default event bus exists here').optional(),
  State: z.literal('ENABLED', 'rules are always enabled here').optional(),
  Targets: z.array(
    z.object({
      Arn: z.string().includes(':lambda:', 'the local cloud sends events to functions only'),
      Input: z.string().optional(),
      InputPath: z.never('InputPath is not handled').optional(),
      InputTransformer: z.never('InputTransformer is not handled').optional(),
    }),
  ),
});
export type RuleProperties = z.infer<typeof ruleProperties>;

export interface RulesOptions {
  invokeAsync(functionArn: string, event: Json): void;
  /** Instead of the schedules' own periods, for tests. */
  tickMs?: number | undefined;
}

export interface Rules {
  addRule(arn: string, properties: RuleProperties): void;
  /** Hands what happened to the rules that it matches. */
  publish(source: string, detailType: string, resourceArn: string, detail: Json): void;
  /** Fires every scheduled rule once, now. */
  runDueRulesNow(): void;
  /** Schedules tick from here on; the first time after one period. */
  start(): void;
  close(): void;
}

interface Rule {
  arn: string;
  targets: RuleProperties['Targets'];
  periodMs: number | undefined;
  pattern: Json | undefined;
}

export function periodOf(expression: string): number {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  const ms = Number(match?.[1]) * (unitMs[match?.[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0)) throw new Error(`${expression} is not handled; use rate(N minutes|hours|days)`);
  return ms;
}

/** Throws for what the matcher does not know, so that a rule never silently matches nothing. */
export function requireKnownPattern(pattern: Json, path = 'EventPattern'): void {
  if (Array.isArray(pattern)) {
    const operator = pattern.find((choice) => typeof choice === 'object' && choice !== null);
    if (operator === undefined) return;
    throw new Error(`${path}: ${JSON.stringify(operator)} is not handled; use exact values`);
  }
  if (!isObject(pattern))
    throw new Error(`${path}: a pattern's values are lists, got ${JSON.stringify(pattern)}`);
  for (const [key, nested] of Object.entries(pattern)) requireKnownPattern(nested, `${path}.${key}`);
}

/** EventBridge's matching: every key of the pattern must match, by any of its values. */
export function matchesPattern(pattern: Json, event: Json | undefined): boolean {
  if (Array.isArray(pattern)) return [event].flat().some((value) => pattern.includes(value ?? null));
  if (!isObject(pattern) || !isObject(event)) return false;
  return Object.entries(pattern).every(([key, nested]) => matchesPattern(nested, event[key]));
}

/** EventBridge's default bus: patterns and rates, with functions as targets. */
export function makeRules({ invokeAsync, tickMs }: RulesOptions): Rules {
  const rules: Rule[] = [];
  const timers: NodeJS.Timeout[] = [];

  function fire(rule: Rule, event: Json): void {
    for (const { Arn, Input } of rule.targets)
      invokeAsync(Arn, Input === undefined ? event : parseJson(Input));
  }

  function tick(rule: Rule): void {
    fire(rule, toEvent('aws.events', 'Scheduled Event', rule.arn, {}));
  }

  return {
    addRule(arn, properties) {
      const { ScheduleExpression, EventPattern: pattern, Targets: targets } = properties;
      if (pattern !== undefined) requireKnownPattern(pattern);
      const periodMs = ScheduleExpression === undefined ? undefined : periodOf(ScheduleExpression);
      rules.push({ arn, targets, periodMs, pattern });
    },
    publish(source, detailType, resourceArn, detail) {
      const event = toEvent(source, detailType, resourceArn, detail);
      for (const rule of rules)
        if (rule.pattern !== undefined && matchesPattern(rule.pattern, event)) fire(rule, event);
    },
    runDueRulesNow() {
      for (const rule of rules) if (rule.periodMs !== undefined) tick(rule);
    },
    start() {
      for (const rule of rules)
        if (rule.periodMs !== undefined)
          timers.push(setInterval(() => tick(rule), tickMs ?? rule.periodMs).unref());
    },
    close() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}

function toEvent(source: string, detailType: string, resourceArn: string, detail: Json): Json {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source,
    account: accountId,
    time: new Date().toISOString(),
    region,
    resources: [resourceArn],
    detail,
  };
}
