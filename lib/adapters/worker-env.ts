import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import { jobId } from '#contracts/job-request.ts';
import { workerEnvironment } from '#contracts/worker-environment.ts';
import {
  type CredentialProvider,
  makeContainerCredentials,
  makeStaticCredentials,
} from './control/aws-credentials.ts';

const text = z.string().min(1);

const schema = z.object({
  [workerEnvironment.apiUrl]: z.url({ protocol: /^https?$/ }),
  [workerEnvironment.jobId]: jobId,
  [workerEnvironment.attempt]: z.coerce.number().int().positive(),
  [workerEnvironment.ticket]: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  [workerEnvironment.traceparent]: text.optional(),
  [workerEnvironment.unsandboxed]: z.literal('1', { error: 'must be 1 or not set' }).optional(),
  [workerEnvironment.unsandboxedFor]: z.url({ protocol: /^http$/ }).optional(),
  [workerEnvironment.sandboxUid]: z.coerce.number().int().min(1).max(2_147_483_646).optional(),
  [workerEnvironment.sandboxFolder]: z.string().regex(/^\//, 'must be absolute').optional(),
  AWS_REGION: text.optional(),
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: z
    .string()
    .regex(/^\/\S+$/, 'must begin with a slash')
    .optional(),
  AWS_ACCESS_KEY_ID: text.optional(),
  AWS_SECRET_ACCESS_KEY: text.optional(),
  AWS_SESSION_TOKEN: text.optional(),
});
type Variables = z.infer<typeof schema>;

export interface WorkerEnvironment {
  /** Without a slash at its end. */
  apiUrl: string;
  jobId: string;
  attempt: number;
  ticket: string;
  traceparent: string | undefined;
  region: string;
  sandbox: {
    /** Tools may run as whoever runs the worker where nothing better is possible. */
    unsandboxed: boolean;
    /** The same, only for a model at this address. */
    unsandboxedFor?: string | undefined;
    uid: number | undefined;
    folder: string | undefined;
  };
  /** Plain data, so that it can be handed to another thread. */
  credentials: CredentialSource;
}

export type CredentialSource =
  | { kind: 'static'; accessKeyId: string; secretAccessKey: string; sessionToken: string | undefined }
  | { kind: 'container'; relativeUri: string };

/**
 * Reads what the dispatcher and ECS hand to a worker.
 *
 * @throws AppError `invalid_request` that names all missing and all malformed variables, never their values
 */
export function readWorkerEnvironment(source: Record<string, string | undefined>): WorkerEnvironment {
  const parsed = schema.safeParse(withoutEmpty(source));
  if (!parsed.success) throw wrong(faultsOf(parsed.error, source));
  const variables = parsed.data;
  const region = findRegion(variables);
  const credentials = findCredentials(variables);
  if (!region || !credentials) throw wrong(faultsAcross(variables));
  return {
    apiUrl: variables.MUSTER_API_URL.replace(/\/+$/, ''),
    jobId: variables.JOB_ID,
    attempt: variables.MUSTER_ATTEMPT,
    ticket: variables.MUSTER_TICKET,
    traceparent: variables.TRACEPARENT,
    region,
    sandbox: {
      unsandboxed: variables.MUSTER_UNSANDBOXED === '1',
      unsandboxedFor: variables.MUSTER_UNSANDBOXED_FOR,
      uid: variables.MUSTER_SANDBOX_UID,
      folder: variables.MUSTER_SANDBOX_FOLDER,
    },
    credentials,
  };
}

function wrong(faults: string[]): AppError {
  return new AppError('invalid_request', `The worker's environment is wrong: ${faults.join('; ')}`);
}

/** In a container the task role comes first: variables could be left over from an image. */
export function makeCredentials(source: CredentialSource): CredentialProvider {
  return source.kind === 'container' ? makeContainerCredentials(source) : makeStaticCredentials(source);
}

/** ECS leaves unset what a laptop may set to nothing; both mean the same. */
function withoutEmpty(source: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(source).filter((entry): entry is [string, string] => !!entry[1]);
  return Object.fromEntries(entries);
}

function faultsOf(error: z.ZodError, source: Record<string, string | undefined>): string[] {
  return error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return source[name] ? `${name} is malformed: ${issue.message}` : `${name} is missing`;
  });
}

function faultsAcross(variables: Variables): string[] {
  const faults: string[] = [];
  if (!findRegion(variables)) faults.push('AWS_REGION is missing, and MUSTER_API_URL does not name a region');
  if (!findCredentials(variables)) {
    faults.push(
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is missing, and so is a pair of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  }
  return faults;
}

function findRegion(variables: Variables): string | undefined {
  return variables.AWS_REGION ?? /\.execute-api\.([a-z0-9-]+)\./.exec(variables.MUSTER_API_URL)?.[1];
}

function findCredentials(variables: Variables): CredentialSource | undefined {
  const relativeUri = variables.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  if (relativeUri) return { kind: 'container', relativeUri };
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = variables;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { kind: 'static', accessKeyId, secretAccessKey, sessionToken: variables.AWS_SESSION_TOKEN };
}
