import * as z from 'zod';
import { isObject, type Json, parseJson } from '../json.ts';
import { compileRule } from './choice-rule.ts';
import { referencePath } from './paths.ts';

const resources = [
  'arn:aws:states:::lambda:invoke',
  'arn:aws:states:::lambda:invoke.waitForTaskToken',
] as const;
/** AWS's own default and maximum: more than three years. */
const longestSeconds = 99_999_999;

const path = z.string().startsWith('$', 'a path begins with $').nullable().optional();
const resultPath = z.string().regex(referencePath, 'only $ and $.names are handled').nullable().optional();
const errorNames = z.array(z.string()).min(1);
const timeout = z.int().positive().max(longestSeconds);

const retrier = z.strictObject({
  ErrorEquals: errorNames,
  IntervalSeconds: z.int().positive().default(1),
  MaxAttempts: z.int().min(0).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: z.int().positive().optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
  Comment: z.string().optional(),
});
export type Retrier = z.infer<typeof retrier>;
const catcher = z.strictObject({
  ErrorEquals: errorNames,
  Next: z.string(),
  ResultPath: resultPath,
  Comment: z.string().optional(),
});

const base = {
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONPath', 'only JSONPath is handled').optional(),
  InputPath: path,
  OutputPath: path,
};
const step = {
  ...base,
  Next: z.string().optional(),
  End: z.literal(true).optional(),
  ResultPath: resultPath,
};
const guarded = {
  ...step,
  ResultSelector: z.json().optional(),
  Retry: z.array(retrier).default([]),
  Catch: z.array(catcher).default([]),
};

const task = z.strictObject({
  ...guarded,
  Type: z.literal('Task'),
  Resource: z.enum(resources, `only ${resources.join(' and ')} are handled`),
  Parameters: z.strictObject({
    FunctionName: z.string(),
    Payload: z.json().optional(),
    'Payload.$': z.string().optional(),
  }),
  TimeoutSeconds: timeout.default(longestSeconds),
  TimeoutSecondsPath: z.string().optional(),
});
const map = z.strictObject({
  ...guarded,
  Type: z.literal('Map'),
  ItemsPath: path,
  ItemSelector: z.json().optional(),
  ItemProcessor: z.strictObject({
    ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE', 'only INLINE maps are handled') }).optional(),
    StartAt: z.string(),
    Comment: z.string().optional(),
    get States() {
      return states;
    },
  }),
  MaxConcurrency: z.int().min(0).default(0),
  MaxConcurrencyPath: z.string().optional(),
});
const choice = z.strictObject({
  ...base,
  Type: z.literal('Choice'),
  Choices: z.array(
    z.record(z.string(), z.json()).transform((rule, context) => {
      try {
        return { matches: compileRule(rule), Next: z.string().parse(rule.Next) };
      } catch (error) {
        context.addIssue(error instanceof Error ? error.message : String(error));
        return z.NEVER;
      }
    }),
  ),
  Default: z.string().optional(),
});
const pass = z.strictObject({
  ...step,
  Type: z.literal('Pass'),
  Parameters: z.json().optional(),
  Result: z.json().optional(),
});
const succeed = z.strictObject({ ...base, Type: z.literal('Succeed') });
const fail = z.strictObject({
  Type: z.literal('Fail'),
  Comment: z.string().optional(),
  QueryLanguage: base.QueryLanguage,
  Error: z.string().optional(),
  ErrorPath: z.string().optional(),
  Cause: z.string().optional(),
  CausePath: z.string().optional(),
});

const kinds = [task, map, choice, pass, succeed, fail] as const;
const state = z.discriminatedUnion('Type', kinds, {
  error: 'only Task, Map, Choice, Pass, Succeed and Fail states are handled',
});
export type State = z.infer<typeof state>;
export type TaskState = z.infer<typeof task>;
export type MapState = z.infer<typeof map>;
const states: z.ZodType<Record<string, State>> = z.record(
  z.string(),
  z.lazy(() => state),
);

const definition = z.strictObject({
  StartAt: z.string(),
  States: states,
  Comment: z.string().optional(),
  Version: z.literal('1.0').optional(),
  QueryLanguage: base.QueryLanguage,
  TimeoutSeconds: timeout.optional(),
});
/** A run of states: the machine itself, or what a Map does with each item. */
export type Flow = Pick<z.infer<typeof definition>, 'StartAt' | 'States'>;
export type Definition = z.infer<typeof definition>;

/** Throws for what the interpreter would not do as AWS does, so that nothing is silently done otherwise. */
export function parseDefinition(text: string, functionNames: string[]): Definition {
  const json = parseJson(text);
  const parsed = definition.safeParse(json);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  requirePaths(json);
  requireTargets(parsed.data);
  requireFunctions(parsed.data, functionNames);
  return parsed.data;
}

function requireTargets({ StartAt, States }: Flow): void {
  const requireState = (from: string, name: string | undefined): void => {
    if (name !== undefined && !(name in States))
      throw new Error(`${from} leads to ${name}, which is no state`);
  };
  requireState('StartAt', StartAt);
  for (const [name, one] of Object.entries(States)) {
    const isStep = one.Type === 'Task' || one.Type === 'Map' || one.Type === 'Pass';
    if (isStep && (one.Next === undefined) === (one.End === undefined))
      throw new Error(`${name} needs either Next or End`);
    for (const target of targetsOf(one)) requireState(name, target);
    if (one.Type === 'Map') requireTargets(one.ItemProcessor);
  }
}

function requireFunctions({ States }: Flow, functionNames: string[]): void {
  for (const [name, one] of Object.entries(States)) {
    if (one.Type === 'Map') requireFunctions(one.ItemProcessor, functionNames);
    const called = one.Type === 'Task' ? one.Parameters.FunctionName.split(':').at(-1) : undefined;
    if (called !== undefined && !functionNames.includes(called))
      throw new Error(`${name} calls ${called}; there are the functions ${functionNames.join(', ')}`);
  }
}

function targetsOf(one: State): (string | undefined)[] {
  if (one.Type === 'Choice') return [one.Default, ...one.Choices.map(({ Next }) => Next)];
  if (one.Type === 'Pass') return [one.Next];
  if (one.Type === 'Succeed' || one.Type === 'Fail') return [];
  return [one.Next, ...one.Catch.map(({ Next }) => Next)];
}

function requirePaths(json: Json): void {
  if (Array.isArray(json)) for (const part of json) requirePaths(part);
  if (!isObject(json)) return;
  for (const [key, value] of Object.entries(json)) {
    if (key.endsWith('.$') && !String(value).startsWith('$'))
      throw new Error(`${key}: ${JSON.stringify(value)} is no path; intrinsic functions are not handled`);
    requirePaths(value);
  }
}
