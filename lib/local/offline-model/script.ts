import * as z from 'zod';
import { capturesIn, template, templateInput } from './template.ts';

const pattern = z.string().refine(isPattern, 'must be a regular expression');

/** A result of a tool that the last user message brings; all that is given must hold for one and the same. */
const resultCondition = z.strictObject({
  /** Pattern for the tool's name. */
  tool: pattern.optional(),
  matches: pattern.optional(),
  isError: z.boolean().optional(),
});

/** All conditions that are given must hold. Patterns are regular expressions, with the flags `iu`. */
const condition = z.strictObject({
  /** Of the system prompt, which is how an agent is told from others. */
  system: pattern.optional(),
  model: pattern.optional(),
  /** Of the text of the first user message, which is the same at every turn. */
  task: pattern.optional(),
  /** Of the text of the last user message. */
  prompt: pattern.optional(),
  /** Of everything said, called and answered so far. */
  transcript: pattern.optional(),
  /** 1 is the first answer of a conversation. */
  turn: z.number().int().positive().optional(),
  /** Whether the last user message brings results of tools. */
  toolResults: z.boolean().optional(),
  /** One of the results that the last user message brings. */
  result: resultCondition.optional(),
  /** Name of a tool that the request offers. */
  offers: z.string().optional(),
});
export type Condition = z.infer<typeof condition>;

const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: template }),
  /** Its signature binds everything before it, as the real one does: a conversation that was edited is refused. */
  z.strictObject({ type: z.literal('thinking'), text: template }),
  z.strictObject({ type: z.literal('tool_use'), name: z.string(), input: templateInput }),
  /** A call whose input is this text, which need not be JSON. */
  z.strictObject({ type: z.literal('malformed_tool_use'), name: z.string(), json: z.string() }),
]);
export type ScriptedBlock = z.infer<typeof block>;

const answer = z.strictObject({
  blocks: z.array(block),
  /** Default: `tool_use` where the answer ends with one, otherwise `end_turn`. */
  stopReason: z
    .enum(['end_turn', 'tool_use', 'pause_turn', 'refusal', 'model_context_window_exceeded'])
    .optional(),
});
export type ScriptedAnswer = z.infer<typeof answer>;

const fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    type: z.string(),
    message: z.string().default('Scripted'),
    retryAfterSeconds: z.number().nonnegative().optional(),
    errorCode: z.string().optional(),
  }),
  /** The socket is cut after so many pieces of text. */
  z.strictObject({ kind: z.literal('cut'), afterDeltas: z.number().int().nonnegative() }),
  /** The stream ends with an error event after so many pieces of text. */
  z.strictObject({
    kind: z.literal('streamError'),
    afterDeltas: z.number().int().nonnegative(),
    type: z.string(),
  }),
  /** Nothing more comes after so many pieces of text, and the socket stays open. */
  z.strictObject({ kind: z.literal('hang'), afterDeltas: z.number().int().nonnegative() }),
]);
export type ScriptedFault = z.infer<typeof fault>;

/** Takes the first group of a pattern (or all it matches) out of the conversation, for `{{capture.NAME}}`. */
const capture = z.strictObject({
  from: z.enum(['system', 'task', 'prompt', 'transcript', 'result']),
  pattern,
  /** What is taken stands inside of a JSON string: its escapes are undone. */
  json: z.boolean().default(false),
  /** Where the pattern does not match. */
  otherwise: z.string().default(''),
});

const rule = z
  .strictObject({
    name: z.string().min(1),
    when: condition.default({}),
    /** The rule does not apply where these conditions hold. */
    unless: condition.optional(),
    /** Applies this often and then no more, over all conversations; default: always. */
    times: z.number().int().positive().optional(),
    capture: z.record(z.string().regex(/^\w+$/), capture).default({}),
    answer: answer.optional(),
    fault: fault.optional(),
  })
  .refine((r) => r.answer ?? r.fault, 'needs an answer or a fault')
  .refine(
    ({ answer: said, capture: known }) => capturesIn(said).every((name) => Object.hasOwn(known, name)),
    {
      message: 'uses a {{capture.NAME}} that it does not define',
    },
  );
export type ScriptRule = z.infer<typeof rule>;

/**
 * What the offline model says: the first rule that applies. A rule may have an answer, a fault, or both: then
 * the answer is begun and the fault interrupts it. A last rule that always applies is required.
 */
export const script = z
  .strictObject({ rules: z.array(rule).min(1) })
  .refine(({ rules }) => isDefault(rules.at(-1)), {
    message: 'the last rule must have an answer, no conditions and no "times"',
  });
export type Script = z.infer<typeof script>;
/** A script as it is written in a file. */
export type ScriptSource = z.input<typeof script>;

/**
 * A script for one task. It speaks where the conversation names it, with `[[script:NAME]]` in the task or in the
 * system prompt, and where `when` holds and no other is named. Where none of its rules applies, the model says
 * what it says without it.
 */
export const taskScript = z.strictObject({
  script: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes'),
  when: condition.refine((c) => Object.keys(c).length > 0, 'must not be empty; leave it out').optional(),
  rules: z.array(rule).min(1),
});
export type TaskScript = z.infer<typeof taskScript>;
export type TaskScriptSource = z.input<typeof taskScript>;

/** @throws ZodError that names every fault */
export function parseScript(source: unknown): Script {
  return script.parse(source);
}

/** @throws ZodError that names every fault */
export function parseTaskScript(source: unknown): TaskScript {
  return taskScript.parse(source);
}

function isDefault(last: ScriptRule | undefined): boolean {
  const isAlways = last && Object.keys(last.when).length === 0 && !last.unless && last.times === undefined;
  return !!isAlways && last.answer !== undefined;
}

function isPattern(source: string): boolean {
  try {
    return !!new RegExp(source, 'iu');
  } catch {
    return false;
  }
}
