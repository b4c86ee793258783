import type { ErrorCode } from '../../../lib/contracts/errors.ts';
import { limits } from '../../../lib/contracts/limits.ts';

export interface BadRequest {
  name: string;
  method?: string;
  /** Default `/jobs`. `{ended}`, `{running}` and `{foreign}` stand for ids of such jobs. */
  path?: string;
  body?: unknown;
  /** Sent as it is. */
  raw?: string;
  headers?: Record<string, string>;
  status: number;
  code: ErrorCode;
  /** What the detail, the remedy or a fault's place has to say. */
  says: string;
  /** The header `Allow`. */
  allow?: string;
}

const payload = { message: 'hi' };
const echo = (more: object) => ({ type: 'echo', payload, ...more });
const chat = (more: object) => ({ type: 'chat', payload: { prompt: 'hi' }, ...more });
const invalid = { status: 400, code: 'invalid_request' } as const;
const nested = (open: string, close: string, levels: number) =>
  `{"type":"echo","payload":{"message":${open.repeat(levels)}1${close.repeat(levels)}}}`;

function wrong(name: string, body: unknown, says: string): BadRequest {
  return { name, body, ...invalid, says };
}

function garbled(name: string, raw: string, says: string): BadRequest {
  return { name, raw, ...invalid, says };
}

const types: BadRequest[] = [
  wrong('an unknown type', { type: 'dance', payload }, 'must be one of echo, chat, code, research, agent'),
  wrong('a type that every object has', { type: 'constructor', payload }, '/type'),
  wrong('no type', { payload }, '/type'),
  ...['meeting', 'action', 'review'].map(
    (type): BadRequest => ({
      name: `the type ${type}, which is not built yet`,
      body: { type, payload },
      status: 400,
      code: 'not_supported_yet',
      says: 'echo, chat',
    }),
  ),
  wrong('a chain that is a text', echo({ then: 'x' }), '/then'),
  wrong(
    'a chain that goes in a circle',
    echo({ then: [echo({ name: 'a', dependsOn: ['b'] }), echo({ name: 'b', dependsOn: ['a'] })] }),
    'in a circle',
  ),
  wrong('a callback that is no address', echo({ callbackUrl: 'x' }), '/callbackUrl'),
  ...['http://example.com/', 'https://127.1/', 'https://[::ffff:a00:1]/', 'https://169.254.169.254/'].map(
    (url) => wrong(`the callback address ${url}`, echo({ callbackUrl: url }), 'callbackUrl'),
  ),
];

const bodies: BadRequest[] = [
  garbled('a body that breaks off', '{"type":"echo",', 'not JSON'),
  garbled('NaN', '{"type":"echo","payload":{"message":"hi","delaySeconds":NaN}}', 'not JSON'),
  garbled('an empty body', '', 'empty'),
  ...['[]', 'null', '"echo"', '7'].map((raw) => garbled(`the body ${raw}`, raw, 'JSON object')),
  garbled('ten thousand levels of lists', nested('[', ']', 10_000), 'nested deeper than 32'),
  garbled('ten thousand levels of objects', nested('{"a":', '}', 10_000), 'nested deeper than 32'),
  garbled(
    '__proto__ as a field',
    '{"type":"echo","payload":{"message":"hi"},"__proto__":{"project":"x"}}',
    '/__proto__',
  ),
  garbled(
    '__proto__ in the payload',
    '{"type":"echo","payload":{"message":"hi","__proto__":{"a":1}}}',
    '__proto__',
  ),
  garbled(
    '__proto__ in place of the payload',
    '{"type":"echo","__proto__":{"payload":{"message":"hi"}}}',
    '/__proto__',
  ),
  wrong('a field that every object has', echo({ constructor: 1 }), '/constructor'),
  garbled(
    'a number beyond all',
    '{"type":"echo","payload":{"message":"hi"},"budgetUsd":1e999}',
    '/budgetUsd',
  ),
  garbled(
    'a delay beyond all',
    '{"type":"echo","payload":{"message":"hi","delaySeconds":1e999}}',
    '/payload/delaySeconds',
  ),
  {
    name: 'a body over the limit',
    body: echo({ system: 'x'.repeat(limits.requestBytes) }),
    status: 413,
    code: 'payload_too_large',
    says: 'POST /uploads',
  },
  {
    name: 'a message over the limit',
    body: { type: 'echo', payload: { message: 'x'.repeat(10_001) } },
    status: 413,
    code: 'payload_too_large',
    says: '/payload/message',
  },
  {
    name: 'a prompt over the limit',
    body: { type: 'chat', payload: { prompt: 'x'.repeat(500_001) } },
    status: 413,
    code: 'payload_too_large',
    says: '/payload/prompt',
  },
];

const fields: BadRequest[] = [
  wrong('no payload', { type: 'echo' }, '/payload'),
  wrong('a payload that is text', { type: 'echo', payload: 'hi' }, '/payload'),
  wrong('a payload that is a list', { type: 'echo', payload: ['hi'] }, '/payload'),
  wrong('a message that is a number', { type: 'echo', payload: { message: 7 } }, '/payload/message'),
  wrong('a message of null', { type: 'echo', payload: { message: null } }, '/payload/message'),
  wrong('an unknown field', echo({ colour: 'red' }), '/colour is not a known field'),
  wrong(
    'an unknown field in the payload',
    echo({ payload: { message: 'hi', colour: 1 } }),
    '/payload/colour',
  ),
  wrong('an empty prompt', { type: 'chat', payload: { prompt: '' } }, '/payload/prompt'),
  wrong('a priority by number', echo({ priority: 1 }), '/priority'),
  wrong('a timeout as text', echo({ timeoutSeconds: '60' }), '/timeoutSeconds'),
  wrong('a timeout of nothing', echo({ timeoutSeconds: 0 }), '/timeoutSeconds'),
  wrong('a timeout of half a second', echo({ timeoutSeconds: 0.5 }), '/timeoutSeconds'),
  wrong('a timeout of two days', echo({ timeoutSeconds: 172_800 }), '/timeoutSeconds'),
  wrong('a deadline in the past', echo({ deadlineSeconds: -1 }), '/deadlineSeconds'),
  wrong('no attempts', echo({ maxAttempts: 0 }), '/maxAttempts'),
  wrong('eleven attempts', echo({ maxAttempts: 11 }), '/maxAttempts'),
  wrong('a budget of nothing', echo({ budgetUsd: 0 }), '/budgetUsd'),
  wrong('a budget below nothing', echo({ budgetUsd: -1 }), '/budgetUsd'),
  wrong('a budget of a million', echo({ budgetUsd: 1e6 }), '/budgetUsd'),
  wrong('a project that is a path', echo({ project: '../other' }), '/project'),
  wrong('a size that Fargate does not have', echo({ compute: { cpu: 256, memoryMiB: 8_192 } }), '/compute'),
  wrong('a disk below the least', echo({ compute: { diskGiB: 1 } }), '/compute/diskGiB'),
  wrong('a model for an echo', echo({ model: 'claude-sonnet-5-5' }), '"model" means nothing'),
  wrong('both spellings at once', { ...echo({}), job_type: 'echo' }, '"job_type" and "type"'),
  wrong(
    'two models',
    { type: 'chat', model: 'claude-opus-5', payload: { prompt: 'hi', model: 'claude-sonnet-5' } },
    'twice',
  ),
  wrong('more tokens than the model writes', chat({ model: 'claude-haiku-4-5', maxTokens: 64_001 }), '64000'),
  wrong('more tokens than any model writes', chat({ maxTokens: 128_001 }), '/maxTokens'),
  {
    name: 'an unknown model',
    body: chat({ model: 'gpt-2' }),
    status: 400,
    code: 'unknown_model',
    says: 'claude-sonnet-5-5',
  },
  {
    name: 'a model that every object has',
    body: chat({ model: 'constructor' }),
    status: 400,
    code: 'unknown_model',
    says: 'claude-sonnet-5-5',
  },
  {
    name: 'a retired model',
    body: chat({ model: 'claude-3-opus-20240229' }),
    status: 400,
    code: 'unknown_model',
    says: '"claude-opus-5-5" has taken its place',
  },
];

const parents: BadRequest[] = [
  {
    name: 'a parent that does not exist',
    body: echo({ dependsOn: ['job-none'] }),
    status: 404,
    code: 'not_found',
    says: 'job-none',
  },
  {
    name: 'a parent of another project',
    body: echo({ dependsOn: ['{foreign}'] }),
    status: 404,
    code: 'not_found',
    says: 'not in project "default"',
  },
  wrong('a parent that is no id', echo({ dependsOn: ['Not An Id'] }), '/dependsOn/0'),
  wrong(
    'too many parents',
    echo({ dependsOn: Array.from({ length: 21 }, (_, n) => `job-${n}`) }),
    '/dependsOn',
  ),
];

const keys: BadRequest[] = [
  ['an empty Idempotency-Key', '""'],
  ['an Idempotency-Key that is too long', 'k'.repeat(256)],
].map(([name = '', key = '']) => ({
  name,
  body: echo({}),
  headers: { 'idempotency-key': key },
  ...invalid,
  says: 'Idempotency-Key',
}));

/** What `POST /jobs` refuses. */
export const badSubmissions: readonly BadRequest[] = [...types, ...bodies, ...fields, ...parents, ...keys];
