import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import {
  type FunctionEnvironment,
  type FunctionVariable,
  functionVariables,
} from '#contracts/function-env.ts';

/**
 * The one place where a deployed function reads its environment: by schema, once, all faults together.
 *
 * @param names each port's maker says which it needs; a name may come more than once
 * @throws AppError `internal` that names every variable that is missing or malformed
 */
export function readFunctionEnvironment<K extends FunctionVariable>(
  names: readonly K[],
  source: Record<string, string | undefined> = process.env,
): FunctionEnvironment<K> {
  const faults: string[] = [];
  const values: Partial<Record<FunctionVariable, unknown>> = {};
  for (const name of new Set(names)) {
    const text = source[name];
    if (text === undefined) {
      faults.push(`${name} is missing`);
      continue;
    }
    const parsed = functionVariables[name].safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(`${name} is malformed: ${parsed.error.issues.map(({ message }) => message).join(', ')}`);
  }
  if (faults.length > 0) throw new AppError('internal', `wrong environment: ${faults.join('; ')}`);
  return values as FunctionEnvironment<K>;
}

/** Where AWS's services are instead of in AWS; SDKs read it by themselves. */
export function readEndpointUrl(
  source: Record<string, string | undefined> = process.env,
): string | undefined {
  return source.AWS_ENDPOINT_URL || undefined;
}

const clientVariables = z.object({
  MUSTER_API_URL: z.url().optional(),
  AWS_REGION: z.string().optional(),
  AWS_DEFAULT_REGION: z.string().optional(),
  AWS_PROFILE: z.string().optional(),
  AWS_ENDPOINT_URL: z.url().optional(),
  ANTHROPIC_API_KEY: z.string().min(1).optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_BASE_URL: z.url().optional(),
  GOOGLE_API_KEY: z.string().min(1).optional(),
  GOOGLE_BASE_URL: z.url().optional(),
  NO_COLOR: z.string().optional(),
  /** What stands in for Docker. */
  CDK_DOCKER: z.string().optional(),
});
export type ClientEnvironment = z.infer<typeof clientVariables>;

/** What the command line reads. An empty variable counts as not set. */
export function readClientEnvironment(
  source: Record<string, string | undefined> = process.env,
): ClientEnvironment {
  const set = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = clientVariables.safeParse(set);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new AppError('invalid_request', `wrong environment: ${faults.join('; ')}`);
}

const keyVariables = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_BASE_URL',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'GOOGLE_API_KEY',
  'GOOGLE_BASE_URL',
] as const;

/** The variables of provider keys, with `dotEnv` (a parsed `.env`) under the real environment. */
export function readKeyEnvironment(
  dotEnv: Record<string, string | undefined>,
  source: Record<string, string | undefined> = process.env,
): ClientEnvironment {
  return readClientEnvironment(
    Object.fromEntries(keyVariables.map((name) => [name, source[name] || dotEnv[name]])),
  );
}

/** The whole environment for a child process of ours, with `changes` over it. */
export function childEnvironment(
  changes: Record<string, string | undefined>,
): Record<string, string | undefined> {
  return { ...process.env, ...changes };
}
