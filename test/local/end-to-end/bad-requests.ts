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

function refusedRead(name: string, path: string, says: string): BadRequest {
  return { name, method: 'GET', path, ...invalid, says };
}

const types: BadRequest[] = [
  wrong('an unknown type', { type: 'dance', payload }, '"echo"|"chat"'),
  wrong('a type that every object has', { type: 'constructor', payload }, '/type'),
  wrong('no type', { payload }, '/type'),
  ...['code', 'research', 'agent', 'meeting', 'action', 'review', 'claude_code'].map(
    (type): BadRequest => ({
      name: `the type ${type}, which is not built yet`,
      body: { type, payload },
      status: 400,
      code: 'not_supported_yet',
      says: 'echo, chat',
    }),
  ),
  ...['then', 'callbackUrl'].map(
    (field): BadRequest => ({
      name: `the field ${field}, which is not built yet`,
      body: echo({ [field]: 'x' }),
      status: 400,
      code: 'not_supported_yet',
      says: `leave "${field}" out`,
    }),
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

const noJob = { status: 404, code: 'not_found', says: 'there is no job' } as const;
const reads: BadRequest[] = [
  ...['', '/result', '/events', '/files', '/files/result.json'].map((rest) => ({
    name: `GET …${rest} of a job that does not exist`,
    method: 'GET',
    path: `/jobs/job-none${rest}`,
    ...noJob,
  })),
  ...['cancel', 'retry'].map((verb) => ({
    name: `${verb} of a job that does not exist`,
    path: `/jobs/job-none/${verb}`,
    ...noJob,
  })),
  { name: 'an id that is none', method: 'GET', path: '/jobs/NOT%20AN%20ID', ...noJob },
  {
    name: 'an id that climbs',
    method: 'GET',
    path: '/jobs/..%2FSLOTS',
    status: 404,
    code: 'unknown_route',
    says: 'no route',
  },
  { name: 'a very long path', method: 'GET', path: `/jobs/${'x'.repeat(8_000)}`, ...noJob },
  refusedRead('percent-encoding that is none', '/jobs/%zz', 'percent-encoding'),
  refusedRead('percent-encoding of half a character', '/jobs/%C3', 'percent-encoding'),
  refusedRead('percent-encoding that is none, in a file', '/jobs/{ended}/files/%zz', 'percent-encoding'),
  refusedRead('a blank id', '/jobs/%20/result', 'blank'),
  { name: 'an id with a null byte', method: 'GET', path: '/jobs/a%00b', ...noJob },
  { name: 'an id that is encoded twice', method: 'GET', path: '/jobs/%2541', ...noJob },
  refusedRead('a page of nothing', '/jobs?limit=0', '/limit'),
  refusedRead('a page that is too large', '/jobs?limit=101', '/limit'),
  refusedRead('a page of many', '/jobs?limit=many', '/limit'),
  refusedRead('an unknown state', '/jobs?status=DONE', '/status'),
  refusedRead('an unknown filter', '/jobs?colour=red', '/colour'),
  {
    name: 'a filter that is not built yet',
    method: 'GET',
    path: '/jobs?run=r',
    status: 400,
    code: 'not_supported_yet',
    says: 'run',
  },
  ...['/jobs?cursor=bm90IG91cnM', '/jobs?cursor=%25%25%25', '/jobs/{ended}/events?after=MS4w'].map(
    (path): BadRequest => ({
      name: `a cursor that is not ours: ${path}`,
      method: 'GET',
      path,
      status: 400,
      code: 'invalid_cursor',
      says: 'start over',
    }),
  ),
  {
    name: 'a file that does not exist',
    method: 'GET',
    path: '/jobs/{ended}/files/other.json',
    status: 404,
    code: 'not_found',
    says: 'other.json',
  },
  {
    name: 'a file above the folder',
    method: 'GET',
    path: '/jobs/{ended}/files/..%2F..%2Finputs',
    status: 404,
    code: 'not_found',
    says: 'there is no job "inputs"',
  },
  {
    name: 'an operation that does not exist',
    method: 'GET',
    path: '/operations/stop-all-1',
    status: 404,
    code: 'not_found',
    says: 'stop-all',
  },
];

const states: BadRequest[] = [
  {
    name: 'the result of a running job',
    method: 'GET',
    path: '/jobs/{running}/result',
    status: 409,
    code: 'job_not_ended',
    says: 'RUNNING',
  },
  {
    name: 'the retry of a running job',
    path: '/jobs/{running}/retry',
    status: 409,
    code: 'job_not_ended',
    says: 'RUNNING',
  },
  {
    name: 'the cancel of an ended job',
    path: '/jobs/{ended}/cancel',
    status: 409,
    code: 'job_ended',
    says: 'SUCCEEDED',
  },
];

const uploads: BadRequest[] = [
  ['no files', { files: [] }, '/files'],
  ['a digest that is none', { files: [{ sha256: 'abc', bytes: 1 }] }, '/files/0/sha256'],
  ['a file of less than nothing', { files: [{ sha256: 'a'.repeat(64), bytes: -1 }] }, '/files/0/bytes'],
  ['a file that is too large', { files: [{ sha256: 'a'.repeat(64), bytes: 104_857_601 }] }, '/files/0/bytes'],
  [
    'too many files',
    { files: Array.from({ length: 101 }, () => ({ sha256: 'a'.repeat(64), bytes: 1 })) },
    '/files',
  ],
].map(([name, body, says]) => ({
  name: `an upload of ${String(name)}`,
  path: '/uploads',
  body,
  ...invalid,
  says: String(says),
}));

const places: BadRequest[] = [
  ['POST', '/jobs/{ended}/dance'],
  ['GET', '/admin'],
  ['GET', '/workers'],
].map(([method = '', path = '']) => ({
  name: `${method} ${path}`,
  method,
  path,
  status: 404,
  code: 'unknown_route',
  says: 'openapi.json',
}));

const methods: BadRequest[] = [
  ['DELETE', '/jobs', 'POST, GET'],
  ['PUT', '/jobs/{ended}', 'GET'],
  ['PATCH', '/health', 'GET'],
  ['GET', '/stop-all', 'POST'],
].map(([method = '', path = '', says = '']) => ({
  name: `${method} ${path}`,
  method,
  path,
  status: 405,
  code: 'method_not_allowed',
  says,
}));

/** Requests that are refused, each with the one answer it gets. */
export const badRequests: readonly BadRequest[] = [
  ...types,
  ...bodies,
  ...fields,
  ...parents,
  ...keys,
  ...reads,
  ...states,
  ...uploads,
  ...places,
  ...methods,
];
