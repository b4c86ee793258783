import type * as z from 'zod';
import { AppError, type FieldFault } from '#contracts/errors.ts';
import type { JobInput } from '#contracts/job-input.ts';
import {
  agentPayload,
  chatPayload,
  codePayload,
  echoPayload,
  guideFields,
  guideJobTypes,
  type JobRequest,
  jobRequest,
  jobTypes,
  jobTypesBuilt,
  requestFieldsNotBuilt,
  researchPayload,
} from '#contracts/job-request.ts';
import { limits } from '#contracts/limits.ts';
import { defaultModel } from '#contracts/model-prices.ts';
import { requirePrice } from '#core/money/price.ts';
import { requireModel } from '#core/money/require-model.ts';

export interface ParsedJobRequest {
  request: JobRequest;
  input: JobInput;
}

type Fields = Record<string, unknown>;

/** Understands Muster's spelling and the sandbox guide's; refuses everything else by name. */
export function parseJobRequest(body: unknown): ParsedJobRequest {
  requireShallow(body);
  const fields = toOwnSpelling(requireObject(body));
  refuseNotBuilt(fields);
  const request = parseWith(jobRequest, fields, 'the job');
  return { request, input: parseInput(request) };
}

function requireObject(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  throw new AppError(
    'invalid_request',
    'the body must be a JSON object like {"type": "echo", "payload": {"message": "hi"}}',
  );
}

/** Walks without recursion: the guard must not fall to what it guards against. */
export function requireShallow(body: unknown): void {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.jsonDepth) {
      throw new AppError('invalid_request', `the body is nested deeper than ${limits.jsonDepth} levels`);
    }
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function renamed(fields: Fields, at: string): Fields {
  // The schema library drops this key from records without a word; everything unknown is to be refused.
  if (Object.hasOwn(fields, '__proto__')) {
    const faults = [{ path: `${at}/__proto__`, message: 'is not a known field' }];
    throw new AppError('invalid_request', `${at}/__proto__ is not a known field`, { faults });
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [lookUp(guideFields, name) ?? name, value]),
  );
}

function toOwnSpelling(fields: Fields): Fields {
  for (const [guideName, name] of Object.entries(guideFields)) {
    if (guideName in fields && name in fields) {
      throw new AppError(
        'invalid_request',
        `"${guideName}" and "${name}" are the same field; give one of them`,
      );
    }
  }
  const own = renamed(fields, '');
  if (typeof own.type === 'string') own.type = lookUp(guideJobTypes, own.type) ?? own.type;
  const { payload } = own;
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload))
    own.payload = renamed(payload as Fields, '/payload');
  return own;
}

function refuseNotBuilt(fields: Fields): void {
  const field = requestFieldsNotBuilt.find((name) => name in fields);
  if (field)
    throw new AppError('not_supported_yet', `"${field}" is not supported yet`, {
      remedy: `leave "${field}" out`,
    });
  const { type } = fields;
  const isKnown = jobTypes.some((known) => known === type);
  if (isKnown && !jobTypesBuilt.some((built) => built === type)) {
    throw new AppError(
      'not_supported_yet',
      `jobs of type "${String(type)}" are not supported yet; there are: ${jobTypesBuilt.join(', ')}`,
    );
  }
}

function parseInput(request: JobRequest): JobInput {
  if (request.type === 'echo') {
    refuseModelFields(request);
    return { type: 'echo', payload: parseWith(echoPayload, request.payload, 'the payload', '/payload') };
  }
  const input = parseWorkInput(request);
  requireModel(input.payload.model, input.payload.maxTokens);
  return input;
}

function parseWorkInput(
  request: JobRequest,
): Extract<JobInput, { type: 'chat' | 'code' | 'research' | 'agent' }> {
  const fields = modelFields(request);
  switch (request.type) {
    case 'chat':
      return { type: 'chat', payload: parseWith(chatPayload, fields, 'the payload', '/payload') };
    case 'code':
      return { type: 'code', payload: parseWith(codePayload, withRoom(fields), 'the payload', '/payload') };
    case 'research':
      return {
        type: 'research',
        payload: parseWith(researchPayload, withRoom(fields), 'the payload', '/payload'),
      };
    case 'agent':
      return { type: 'agent', payload: parseWith(agentPayload, withRoom(fields), 'the payload', '/payload') };
    default:
      throw new AppError('not_supported_yet', `jobs of type "${request.type}" are not supported yet`);
  }
}

/** As many tokens as such work wants, or as many as the model can write. */
function withRoom(fields: Fields): Fields {
  const { model, maxTokens } = fields;
  if (maxTokens !== undefined || typeof model !== 'string') return fields;
  const { maxOutputTokens } = requirePrice(model);
  return { ...fields, maxTokens: Math.min(limits.agentMaxTokensDefault, maxOutputTokens) };
}

function refuseModelFields(request: JobRequest): void {
  const field = (['model', 'system', 'maxTokens'] as const).find((name) => request[name] !== undefined);
  if (field)
    throw new AppError(
      'invalid_request',
      `"${field}" means nothing to a job of type "${request.type}"; leave it out`,
    );
}

/** Model, system and maxTokens may stand beside the payload or in it, but not differ. */
function modelFields(request: JobRequest): Fields {
  const fields: Fields = { ...request.payload };
  for (const name of ['model', 'system', 'maxTokens'] as const) {
    const beside = request[name];
    if (beside === undefined) continue;
    if (fields[name] !== undefined && fields[name] !== beside) {
      throw new AppError(
        'invalid_request',
        `"${name}" is given twice and differs: beside the payload and in it`,
      );
    }
    fields[name] = beside;
  }
  fields.model ??= defaultModel;
  return fields;
}

/** Parses or throws `invalid_request` that lists every fault with its place. */
export function parseWith<T extends z.ZodType>(
  schema: T,
  value: unknown,
  what: string,
  at = '',
): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, at));
  const summary = faults.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
  throw new AppError(faultCode(parsed.error.issues), `${what} is not valid: ${summary}`.slice(0, 2_000), {
    faults,
  });
}

function faultsOf(issue: z.core.$ZodIssue, at: string): FieldFault[] {
  const path = `${at}${issue.path.map((part) => `/${String(part)}`).join('')}`;
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys
    .slice(0, 20)
    .map((key) => ({ path: `${path}/${key.slice(0, 100)}`, message: 'is not a known field' }));
}

/** Text that is too long is an oversize payload; anything else is a wrong one. */
function faultCode(issues: readonly z.core.$ZodIssue[]): 'payload_too_large' | 'invalid_request' {
  return issues.every((issue) => issue.code === 'too_big' && issue.origin === 'string')
    ? 'payload_too_large'
    : 'invalid_request';
}
