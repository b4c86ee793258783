import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { defaultCompute } from '#contracts/compute.ts';
import { AppError } from '#contracts/errors.ts';

export interface SubmitOptions {
  prompt?: string;
  message?: string;
  file?: string;
  payload?: string;
  model?: string;
  system?: string;
  maxTokens?: number;
  project?: string;
  priority?: string;
  timeout?: number;
  deadline?: number;
  maxAttempts?: number;
  budget?: number;
  dependsOn?: string[];
  onFailure?: string;
  then?: string;
  callbackUrl?: string;
  cpu?: number;
  memory?: number;
  disk?: number;
  dir?: string;
  criterion?: string[];
  tool?: string[];
  maxTurns?: number;
  effort?: string;
  cacheHours?: number;
  language?: string;
  questions?: number;
  idempotencyKey?: string;
  wait?: boolean;
}

/** The body of `POST /jobs`. What it means is checked where it is run; here only what was typed. */
export async function toJobRequest(type: string, text: string | undefined, options: SubmitOptions) {
  const { cpu, memory, disk } = options;
  const hasCompute = cpu !== undefined || memory !== undefined || disk !== undefined;
  return {
    type,
    payload: await toPayload(type, text, options),
    ...given({
      model: options.model,
      system: options.system,
      maxTokens: options.maxTokens,
      project: options.project,
      priority: options.priority,
      timeoutSeconds: options.timeout,
      deadlineSeconds: options.deadline,
      maxAttempts: options.maxAttempts,
      budgetUsd: options.budget,
      dependsOn: options.dependsOn,
      onFailure: options.onFailure,
      then: options.then === undefined ? undefined : parseThen(options.then),
      callbackUrl: options.callbackUrl,
    }),
    ...(hasCompute && {
      compute: {
        cpu: cpu ?? defaultCompute.cpu,
        memoryMiB: memory ?? defaultCompute.memoryMiB,
        diskGiB: disk ?? defaultCompute.diskGiB,
      },
    }),
  };
}

export function idempotencyKeyOf({ idempotencyKey }: { idempotencyKey?: string }): string {
  return idempotencyKey ?? randomUUID();
}

function given<T extends Record<string, unknown>>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

async function toPayload(
  type: string,
  text: string | undefined,
  options: SubmitOptions,
): Promise<Record<string, unknown>> {
  const { prompt, message, file, payload } = options;
  const sources = { TEXT: text, '--prompt': prompt, '--message': message, '--file': file };
  const named = Object.entries(sources).filter(([, value]) => value !== undefined);
  if (named.length > 1) throw twice(named.map(([name]) => name));
  const fields = payload === undefined ? {} : parsePayload(payload);
  const words = file === undefined ? (text ?? prompt ?? message) : await readText(file);
  if (words === undefined && payload === undefined) throw noText(type);
  const field = message === undefined ? textFieldOf(type) : 'message';
  const typed = { ...(words === undefined ? {} : { [field]: words }), ...kindFields(options) };
  const doubled = Object.keys(typed).find((name) => name in fields);
  if (doubled === field) throw twice([named[0]?.[0] ?? 'TEXT', `"${field}" in --payload`]);
  if (doubled !== undefined) throw twice([`an option and "${doubled}" in --payload`]);
  return { ...fields, ...typed };
}

/** What the kinds of jobs call what they are asked. */
function textFieldOf(type: string): string {
  if (type === 'echo') return 'message';
  if (type === 'code') return 'specification';
  return type === 'research' ? 'topic' : 'prompt';
}

/** Options that only some kinds have. The API says where one does not belong. */
function kindFields(options: SubmitOptions): Record<string, unknown> {
  return given({
    criteria: options.criterion,
    tools: options.tool,
    maxTurns: options.maxTurns,
    effort: options.effort,
    responseCache: options.cacheHours === undefined ? undefined : { hours: options.cacheHours },
    language: options.language,
    questions: options.questions,
  });
}

function noText(type: string): AppError {
  return new AppError('invalid_request', 'there is no text: give it as TEXT, with --file, or in --payload', {
    remedy: `muster job submit ${type} "…"`,
  });
}

function twice(names: string[]): AppError {
  return new AppError('invalid_request', `${names.join(' and ')} say the same thing; give one of them`);
}

function parseThen(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new AppError('invalid_request', `--then is not JSON: ${json}`, { cause });
  }
}

function parsePayload(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw new AppError('invalid_request', `--payload is not JSON: ${json}`, { cause });
  }
  throw new AppError('invalid_request', `--payload must be a JSON object, not ${json}`);
}

async function readText(file: string): Promise<string> {
  if (file === '-') return (await readAll(process.stdin)).replace(/\n$/, '');
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError(
      'invalid_request',
      `${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`,
      {
        cause,
      },
    );
  }
}
