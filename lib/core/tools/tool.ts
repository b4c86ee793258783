import * as z from 'zod';
import type { FieldFault } from '#contracts/errors.ts';
import type { Submission } from '#contracts/tools.ts';
import type { Artifacts, StoredArtifact } from '../ports/artifacts.ts';
import type { Egress } from '../ports/egress.ts';
import type { JsonSchema, ToolSpec } from '../ports/model.ts';
import type { Notes } from '../ports/notes.ts';
import type { RunOutcome, Sandbox } from '../ports/sandbox.ts';

export interface ToolDefinition extends ToolSpec {
  /** Whether it may simply be run again when a crash has hidden its outcome. */
  idempotent: boolean;
  /** `sandbox`: cannot work without one, so not in a Lambda function. */
  needs: 'sandbox' | 'none';
}

/** What tools may ask for. A tool whose part is missing answers that it is not available. */
export interface ToolDeps {
  sandbox?: Sandbox | undefined;
  egress?: Egress | undefined;
  artifacts?: Artifacts | undefined;
  notes?: Notes | undefined;
  /** The most characters of one result. Default `toolLimits.outputCharacters`. */
  outputCharacters?: number | undefined;
}

/**
 * `unknown_tool`, `invalid_input`: nothing ran, and the call was wrong. `refused`: the input was well formed, but
 * what it asks for does not exist or is not allowed. `failed`: it ran and failed (a program's exit code, say).
 */
export type ToolFailure = 'unknown_tool' | 'invalid_input' | 'refused' | 'failed';

export interface ToolOutcome {
  /** For the transcript. */
  content: string;
  isError: boolean;
  /** Set exactly when `isError` is. */
  failure?: ToolFailure | undefined;
  /** What `submit_result` was given: the agent says that it has finished. */
  submission?: Submission | undefined;
  artifact?: StoredArtifact | undefined;
  /** How a program ended, for the journal. */
  run?: Omit<RunOutcome, 'output'> | undefined;
}

/** Either what is wrong with the input, or the call, ready to run. */
export type PreparedCall =
  | { faults: FieldFault[] }
  | { run(deps: ToolDeps, signal: AbortSignal): Promise<ToolOutcome> };

export interface Tool {
  readonly definition: ToolDefinition;
  prepare(input: unknown): PreparedCall;
}

type ToolBody<Input> = (input: Input, deps: ToolDeps, signal: AbortSignal) => Promise<ToolOutcome>;

/** One schema checks the input and tells the model what to write. */
export function makeTool<Schema extends z.ZodType>(
  definition: Omit<ToolDefinition, 'inputSchema'>,
  schema: Schema,
  body: ToolBody<z.infer<Schema>>,
): Tool {
  return {
    definition: { ...definition, inputSchema: toInputSchema(schema) },
    prepare(input) {
      const parsed = schema.safeParse(input);
      if (!parsed.success) return { faults: parsed.error.issues.map(toFault) };
      return { run: (deps, signal) => body(parsed.data, deps, signal) };
    },
  };
}

function toInputSchema(schema: z.ZodType): JsonSchema {
  // `$schema` is noise that some providers refuse.
  const { $schema: _, ...plain } = z.toJSONSchema(schema, { io: 'input' });
  return { ...plain, type: 'object' };
}

function toFault({ path, message }: z.core.$ZodIssue): FieldFault {
  return { path: path.map((part) => `/${String(part)}`).join(''), message };
}

export function succeed(content: string, more: Partial<ToolOutcome> = {}): ToolOutcome {
  return { content, isError: false, ...more };
}

export function fail(
  failure: ToolFailure,
  content: string,
  more: Partial<Omit<ToolOutcome, 'failure'>> = {},
): ToolOutcome {
  return { content, isError: true, failure, ...more };
}
