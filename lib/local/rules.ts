import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { matchesPattern, requireKnownPattern } from './event-pattern.ts';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';

const unitMs: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

const ruleTarget = z.object({
  Arn: z.string().includes(':lambda:', 'the local cloud sends events to functions only'),
  Input: z.string().optional(),
  InputPath: z.never('InputPath is not handled').optional(),
  InputTransformer: z
    .object({ InputPathsMap: z.record(z.string(), z.string()).default({}), InputTemplate: z.string() })
    .optional(),
});
type RuleTarget = z.infer<typeof ruleTarget>;

/** The resolved properties of `AWS::Events::Rule`. */
export const ruleProperties = z.object({
  ScheduleExpression: z.string().optional(),
  EventPattern: z.json().optional(),
  EventBusName: z.never('only the default event bus exists here').optional(),
  State: z.string().default('ENABLED'),
  Targets: z.array(ruleTarget).default([]),
});
export type RuleProperties = z.infer<typeof ruleProperties>;

export interface RulesOptions {
  region: string;
  accountId: string;
  invokeAsync(functionArn: string, event: Json): void;
  /** Instead of the schedules' own periods, for tests. */
  tickOverrideMs?: number;
}

export interface Rules {
  addRule(arn: string, properties: RuleProperties): void;
  publish(event: Json): void;
  /** Fires every scheduled rule once, now. */
  runDueRulesNow(): void;
  /** Schedules tick from here on; the first time after one period. */
  start(): void;
  close(): void;
}

interface Rule {
  arn: string;
  targets: RuleTarget[];
  periodMs: number | undefined;
  pattern: Json | undefined;
}

export function periodOf(expression: string): number {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  const ms = Number(match?.[1]) * (unitMs[match?.[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0)) throw new Error(`${expression} is not handled; use rate(N minutes|hours|days)`);
  return ms;
}

function valueAt(path: string, event: Json): Json {
  let value: Json | undefined = event;
  for (const key of path
    .replace(/^\$\.?/, '')
    .split('.')
    .filter(Boolean)) {
    value = isObject(value) ? value[key] : undefined;
  }
  return value ?? '';
}

function inputFor(target: RuleTarget, event: Json): Json {
  if (target.Input !== undefined) return parseJson(target.Input);
  if (!target.InputTransformer) return event;
  const { InputPathsMap, InputTemplate } = target.InputTransformer;
  const filled = InputTemplate.replace(
    /"<([\w-]+)>"|<([\w-]+)>/g,
    (written, quoted?: string, bare?: string) => {
      const path = InputPathsMap[quoted ?? bare ?? ''];
      if (path === undefined) return written;
      const value = valueAt(path, event);
      return quoted === undefined && typeof value === 'string' ? value : JSON.stringify(value);
    },
  );
  return parseJson(filled);
}

/** EventBridge's default bus: patterns and rates, with functions as targets. */
export function makeRules(options: RulesOptions): Rules {
  const rules: Rule[] = [];
  const timers: NodeJS.Timeout[] = [];

  function fire(rule: Rule, event: Json): void {
    for (const target of rule.targets) options.invokeAsync(target.Arn, inputFor(target, event));
  }

  function tick(rule: Rule): void {
    const event: JsonObject = {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: options.accountId,
      time: new Date().toISOString(),
      region: options.region,
      resources: [rule.arn],
      detail: {},
    };
    fire(rule, event);
  }

  return {
    addRule(arn, properties) {
      if (properties.State === 'DISABLED') return;
      const { ScheduleExpression, EventPattern: pattern, Targets: targets } = properties;
      if (pattern !== undefined) requireKnownPattern(pattern);
      const periodMs = ScheduleExpression === undefined ? undefined : periodOf(ScheduleExpression);
      rules.push({ arn, targets, periodMs, pattern });
    },
    publish(event) {
      for (const rule of rules) {
        if (rule.pattern !== undefined && matchesPattern(rule.pattern, event)) fire(rule, event);
      }
    },
    runDueRulesNow() {
      for (const rule of rules) if (rule.periodMs !== undefined) tick(rule);
    },
    start() {
      for (const rule of rules) {
        if (rule.periodMs === undefined) continue;
        timers.push(setInterval(() => tick(rule), options.tickOverrideMs ?? rule.periodMs).unref());
      }
    },
    close() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
