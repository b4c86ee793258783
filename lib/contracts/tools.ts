import * as z from 'zod';

/** Sizes and times of the tools, each with its reason. */
export const toolLimits = {
  /** Of one result in the transcript: every later turn pays for it again. */
  outputCharacters: 30_000,
  commandCharacters: 100_000,
  pathCharacters: 4_096,
  /** What a model writes in one call stays below its own output limit. */
  contentCharacters: 1_000_000,
  bashSecondsDefault: 120,
  bashSecondsMax: 1_800,
  commandToolSecondsMax: 3_600,
  readLinesDefault: 2_000,
  readLinesMax: 10_000,
  listDepthDefault: 3,
  listDepthMax: 20,
  listEntries: 1_000,
  patternCharacters: 200,
  urlCharacters: 2_048,
  noteCharacters: 16_384,
  artifactBytes: 104_857_600,
  summaryCharacters: 20_000,
  evidenceItems: 100,
  evidenceCharacters: 20_000,
  limitations: 50,
  /** Of one value that a model hands to a command tool. */
  argumentCharacters: 4_096,
} as const;

const path = z.string().min(1).max(toolLimits.pathCharacters);
const text = z.string().max(toolLimits.contentCharacters);

/** Names of artifacts and notes become parts of object keys, so nothing in them can lead elsewhere. */
export const plainName = z
  .string()
  .max(128)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'letters, digits, dot, dash and underscore; begins with a letter or digit',
  );

export const submission = z.strictObject({
  summary: z.string().min(1).max(toolLimits.summaryCharacters).describe('What was done and what came of it.'),
  evidence: z
    .array(
      z.strictObject({
        criterion: z.string().min(1).max(2_000).describe('The success criterion, as it was given.'),
        check: z.string().min(1).max(2_000).describe('What was run or looked at to check it.'),
        output: z.string().max(toolLimits.evidenceCharacters).describe('What the check said, word for word.'),
      }),
    )
    .max(toolLimits.evidenceItems)
    .describe('One item for each success criterion.'),
  confidence: z.number().min(0).max(1).describe('How sure you are that all criteria are met: 0 to 1.'),
  limitations: z
    .array(z.string().min(1).max(2_000))
    .max(toolLimits.limitations)
    .describe('What was left out, assumed or not checked. Empty if nothing.'),
});
export type Submission = z.infer<typeof submission>;

/** What each tool takes. The descriptions reach the model. */
export const toolInputs = {
  bash: z.strictObject({
    command: z.string().min(1).max(toolLimits.commandCharacters).describe('What bash is to run.'),
    timeoutSeconds: z
      .int()
      .min(1)
      .max(toolLimits.bashSecondsMax)
      .optional()
      .describe(`Default ${toolLimits.bashSecondsDefault}.`),
  }),
  read_file: z.strictObject({
    path: path.describe('Relative to the workspace.'),
    offset: z.int().min(1).max(100_000_000).optional().describe('The first line to read. Default 1.'),
    limit: z
      .int()
      .min(1)
      .max(toolLimits.readLinesMax)
      .optional()
      .describe(`How many lines. Default ${toolLimits.readLinesDefault}.`),
  }),
  write_file: z.strictObject({
    path: path.describe('Relative to the workspace.'),
    content: text.describe('The whole new content.'),
  }),
  edit_file: z.strictObject({
    path: path.describe('Relative to the workspace.'),
    oldText: text
      .min(1)
      .describe('The text to replace, exactly as the file has it, spaces and line ends included.'),
    newText: text.describe('What is to stand there instead.'),
    replaceAll: z
      .boolean()
      .optional()
      .describe('Replace every occurrence. Default false: there must be one only.'),
  }),
  list_files: z.strictObject({
    path: path.optional().describe('A folder, relative to the workspace. Default: the workspace.'),
    depth: z
      .int()
      .min(1)
      .max(toolLimits.listDepthMax)
      .optional()
      .describe(`How many levels. Default ${toolLimits.listDepthDefault}.`),
    pattern: z
      .string()
      .min(1)
      .max(toolLimits.patternCharacters)
      .optional()
      .describe('Only paths that match: `*` within a name, `**` across folders, `?` one character.'),
  }),
  http_get: z.strictObject({
    url: z.string().min(1).max(toolLimits.urlCharacters).describe('An https address.'),
  }),
  artifact_put: z.strictObject({
    path: path.describe('The file, relative to the workspace.'),
    name: plainName.optional().describe("What to call it. Default: the file's own name."),
  }),
  artifact_get: z.strictObject({
    name: plainName.describe('The name that it was put under.'),
    job: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be the id of a job')
      .optional()
      .describe('The id of the job that put it. Default: this job, its earlier attempts included.'),
    path: path.optional().describe('Where to write it in the workspace. Without it, its text is the result.'),
  }),
  notes_get: z.strictObject({
    key: plainName.optional().describe('Which note. Without it, all keys are listed.'),
  }),
  notes_put: z.strictObject({
    key: plainName.describe('Which note.'),
    text: z.string().max(toolLimits.noteCharacters).describe('The whole new text.'),
    version: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .describe('The version that notes_get showed; 0 for a note that does not exist yet.'),
  }),
  submit_result: submission,
} as const;

export type ToolName = keyof typeof toolInputs;
export const toolNames = Object.keys(toolInputs) as [ToolName, ...ToolName[]];

const described = { description: z.string().max(1_000).optional() };

/** What a command tool may take: flat and scalar, because each value becomes (part of) one argument. */
export const commandProperty = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('string'),
      ...described,
      enum: z.array(z.string().max(toolLimits.argumentCharacters)).min(1).max(100).optional(),
      pattern: z.string().max(500).optional(),
      minLength: z.int().min(0).optional(),
      maxLength: z.int().min(0).max(toolLimits.argumentCharacters).optional(),
      default: z.string().max(toolLimits.argumentCharacters).optional(),
    })
    .refine(({ pattern }) => pattern === undefined || isPattern(pattern), {
      path: ['pattern'],
      message: 'is not a regular expression',
    }),
  z.strictObject({
    type: z.enum(['integer', 'number']),
    ...described,
    /** Default 0: a negative number looks like an option to many programs, so it must be asked for. */
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    default: z.number().optional(),
  }),
  z.strictObject({ type: z.literal('boolean'), ...described, default: z.boolean().optional() }),
]);
export type CommandProperty = z.infer<typeof commandProperty>;

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    // A pattern that does not compile is the fault that the caller reports.
    return false;
  }
}

export const placeholder = /\{\{([A-Za-z][A-Za-z0-9_]*)\}\}/g;

/** The names in `{{…}}`, in order, doubles included. */
export function placeholdersIn(template: string): string[] {
  return [...template.matchAll(placeholder)].map(([, name]) => name ?? '');
}

/**
 * A tool of the team's own: a program with a fixed argument list, in which `{{name}}` stands for a value from
 * the model. No shell reads it. A value stays within its argument; a string that would begin an argument with
 * `-` is refused, unless the team wrote it (`enum`) or put `--` before it.
 */
export const commandTool = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and underscores, at most 64'),
    description: z.string().min(1).max(4_000),
    inputSchema: z.strictObject({
      type: z.literal('object'),
      properties: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/), commandProperty),
      required: z.array(z.string()).default([]),
      additionalProperties: z.literal(false).optional(),
    }),
    argv: z.array(z.string().max(toolLimits.argumentCharacters)).min(1).max(100),
    timeoutSeconds: z
      .int()
      .min(1)
      .max(toolLimits.commandToolSecondsMax)
      .default(toolLimits.bashSecondsDefault),
    /** Whether running it again, after a crash that hid its outcome, does no harm. */
    idempotent: z.boolean().default(false),
  })
  .superRefine((tool, context) => {
    const { properties, required } = tool.inputSchema;
    const fault = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if ((toolNames as string[]).includes(tool.name))
      fault(['name'], `${tool.name} is a tool of Muster's own`);
    for (const name of required)
      if (!Object.hasOwn(properties, name)) fault(['inputSchema', 'required'], `${name} is not a property`);
    for (const [index, element] of tool.argv.entries()) {
      if (element.includes('\0')) fault(['argv', index], 'holds a NUL character');
      for (const name of placeholdersIn(element)) {
        if (index === 0) fault(['argv', 0], 'the program itself cannot be a placeholder');
        const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
        if (!property) fault(['argv', index], `{{${name}}} is not a property of inputSchema`);
        else if (!required.includes(name) && property.default === undefined)
          fault(
            ['argv', index],
            `{{${name}}} must be required or have a default, or the argument has no value`,
          );
      }
    }
  });
export type CommandTool = z.infer<typeof commandTool>;
