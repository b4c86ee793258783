import * as z from 'zod';

const placeholders = ['prompt', 'system', 'model', 'turn'] as const;
export type Placeholder = (typeof placeholders)[number];

const pattern = z.string().refine(isPattern, 'must be a regular expression');
const template = z
  .string()
  .refine(hasKnownPlaceholders, `may only use ${placeholders.map((name) => `{{${name}}}`).join(', ')}`);

/** All conditions that are given must hold. Patterns are regular expressions, with the flags `iu`. */
const condition = z.strictObject({
  /** Of the system prompt, which is how an agent is told from others. */
  system: pattern.optional(),
  model: pattern.optional(),
  /** Of the text of the last user message. */
  prompt: pattern.optional(),
  /** 1 is the first answer of a conversation. */
  turn: z.number().int().positive().optional(),
  /** Whether the last user message brings results of tools. */
  toolResults: z.boolean().optional(),
});

const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: template }),
  z.strictObject({
    type: z.literal('tool_use'),
    name: z.string(),
    input: z.record(z.string(), z.unknown()),
  }),
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

const rule = z.strictObject({
  name: z.string().min(1),
  when: condition.default({}),
  /** Applies this often and then no more; default: always. */
  times: z.number().int().positive().optional(),
  answer: answer.optional(),
  fault: fault.optional(),
});
export type ScriptRule = z.infer<typeof rule>;

/**
 * What the offline model says: the first rule that applies. A rule may have an answer, a fault, or both: then
 * the answer is begun and the fault interrupts it. A last rule that always applies is required.
 */
export const script = z
  .strictObject({
    rules: z.array(rule.refine((r) => r.answer ?? r.fault, 'needs an answer or a fault')).min(1),
  })
  .refine(({ rules }) => isDefault(rules.at(-1)), {
    message: 'the last rule must have an answer, no conditions and no "times"',
  });
export type Script = z.infer<typeof script>;
/** A script as it is written in a file. */
export type ScriptSource = z.input<typeof script>;

/** @throws ZodError that names every fault */
export function parseScript(source: unknown): Script {
  return script.parse(source);
}

function isDefault(last: ScriptRule | undefined): boolean {
  return !!last?.answer && last.times === undefined && Object.keys(last.when).length === 0;
}

function isPattern(source: string): boolean {
  try {
    return !!new RegExp(source, 'iu');
  } catch {
    return false;
  }
}

function hasKnownPlaceholders(text: string): boolean {
  const known: readonly string[] = placeholders;
  return [...text.matchAll(/\{\{(.*?)\}\}/g)].every(([, name]) => name !== undefined && known.includes(name));
}
