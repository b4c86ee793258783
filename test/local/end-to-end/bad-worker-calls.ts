import type { ErrorCode } from '../../../lib/contracts/errors.ts';

export interface Assignment {
  jobId: string;
  attempt: number;
  ticket: string;
}

/** The jobs that stand by, each at another step of its life, and what their workers know. */
export interface Known {
  mine: Assignment & { session: string };
  unstarted: Assignment;
  stopping: Assignment & { session: string };
}

export interface BadCall {
  call: string;
  what: string;
  body(known: Known): object;
  status: number;
  code: ErrorCode;
  /** What the detail or the remedy has to say. */
  says: string;
}

export const hex = (digit: string): string => digit.repeat(64);
export const instance = hex('1');

export function startOf({ jobId, attempt, ticket }: Assignment) {
  return { protocolVersion: 2, jobId, attempt, ticket, instance };
}

const event = { type: 'note', atMs: 1, message: 'hi' };
const result = { sha256: hex('a'), bytes: 10 };
const outcome = { kind: 'succeeded', result };
export const reserve = {
  conversation: 'chat',
  turn: 1,
  model: 'claude-haiku-4-5',
  inputTokensMax: 10,
  maxTokens: 10,
};

/** A valid request of each call that carries a session, less the session. */
export const sessionCalls: Readonly<Record<string, object>> = {
  heartbeat: {},
  turn: {},
  events: { firstSeq: 1, events: [event] },
  uploads: { files: [{ name: 'result.json', ...result }] },
  artifacts: {},
  notes: { want: { kind: 'list' } },
  credentials: { capability: 'model' },
  finish: { outcome },
};

export function sessionOf({ jobId, attempt, session }: Known['mine']) {
  return { jobId, attempt, session };
}

type Refusal = [status: number, code: ErrorCode, says: string];
const invalid = (says: string): Refusal => [400, 'invalid_request', says];

function start(what: string, body: BadCall['body'], [status, code, says]: Refusal): BadCall {
  return { call: 'start', what, body, status, code, says };
}

const starts: BadCall[] = [
  start(
    'another version of the protocol',
    ({ mine }) => ({ ...startOf(mine), protocolVersion: 3 }),
    invalid('deploy again'),
  ),
  start('an unknown job', ({ mine }) => ({ ...startOf(mine), jobId: 'job-none' }), [
    404,
    'not_found',
    'job-none',
  ]),
  start('a ticket of another job', ({ mine, unstarted }) => startOf({ ...mine, ticket: unstarted.ticket }), [
    403,
    'forbidden',
    'ticket',
  ]),
  start('a guessed ticket', ({ unstarted }) => startOf({ ...unstarted, ticket: hex('0') }), [
    403,
    'forbidden',
    'ticket',
  ]),
  start('an attempt that has not come yet', ({ mine }) => startOf({ ...mine, attempt: 2 }), [
    409,
    'stale_attempt',
    'attempt 2',
  ]),
  start('a second instance', ({ mine }) => ({ ...startOf(mine), instance: hex('2') }), [
    409,
    'other_instance',
    'another instance',
  ]),
  start('a job that is being stopped', ({ stopping }) => startOf(stopping), [409, 'job_stopping', 'cancel']),
  start('attempt nought', ({ mine }) => startOf({ ...mine, attempt: 0 }), invalid('/attempt')),
  start('a field too many', ({ mine }) => ({ ...startOf(mine), admin: true }), invalid('/admin')),
  start('an id that is a path', ({ mine }) => startOf({ ...mine, jobId: '../SLOTS' }), invalid('/jobId')),
];

const fences: [what: string, change: (known: Known) => object, refusal: Refusal][] = [
  ['the session of another', ({ stopping: { session } }) => ({ session }), [403, 'forbidden', 'session']],
  ['an attempt that is over', () => ({ attempt: 7 }), [409, 'stale_attempt', 'attempt 7']],
  [
    'a job that nobody has started',
    ({ unstarted: { jobId } }) => ({ jobId }),
    [409, 'stale_attempt', 'STARTING'],
  ],
  ['an unknown job', () => ({ jobId: 'job-none' }), [404, 'not_found', 'job-none']],
  ['no session', () => ({ session: undefined }), invalid('/session')],
  ['a field too many', () => ({ admin: true }), invalid('/admin')],
];

const fenced: BadCall[] = Object.entries(sessionCalls).flatMap(([call, rest]) =>
  fences.map(([what, change, [status, code, says]]) => ({
    call,
    what,
    body: (known: Known) => ({ ...sessionOf(known.mine), ...rest, ...change(known) }),
    status,
    code,
    says,
  })),
);

const stopped: BadCall[] = Object.entries(sessionCalls)
  .filter(([call]) => call !== 'heartbeat')
  .map(([call, rest]) => ({
    call,
    what: 'a job that is being stopped',
    body: ({ stopping }) => ({ ...sessionOf(stopping), ...rest }),
    status: 409,
    code: 'job_stopping',
    says: 'cancel',
  }));

const faults: [call: string, what: string, rest: object, refusal: Refusal][] = [
  ['finish', 'a result that is not stored', { outcome }, [409, 'result_mismatch', 'no object']],
  [
    'finish',
    'a result without bytes',
    { outcome: { ...outcome, result: { ...result, bytes: 0 } } },
    invalid('/outcome'),
  ],
  ['finish', 'an unknown outcome', { outcome: { kind: 'done' } }, invalid('/outcome')],
  [
    'finish',
    'an unknown reason',
    { outcome: { kind: 'failed', error: { code: 'whim', message: 'x', retryable: true } } },
    invalid('/outcome'),
  ],
  ...['../../../other/result.json', 'artifacts/../../x', 'result.json/x', '/etc/passwd'].map(
    (name): (typeof faults)[number] => [
      'uploads',
      `a file named ${name}`,
      { files: [{ ...result, name }] },
      invalid('/files/0/name'),
    ],
  ),
  ['artifacts', 'a path that leads out of the folder', { path: '../result.json' }, invalid('/path')],
  ['artifacts', 'a job that shares nothing', { job: 'job-of-another' }, [404, 'not_found', 'none that job']],
  [
    'notes',
    'a key that leads elsewhere',
    { want: { kind: 'put', key: '../x', text: 'x', expectedVersion: 0 } },
    invalid('/want/key'),
  ],
  [
    'notes',
    'a text that is too long',
    { want: { kind: 'put', key: 'x', text: 'x'.repeat(16_385), expectedVersion: 0 } },
    [413, 'payload_too_large', 'want'],
  ],
  ['uploads', 'no files', { files: [] }, invalid('/files')],
  ['events', 'no events', { firstSeq: 1, events: [] }, invalid('/events')],
  ['events', 'an unknown event', { firstSeq: 1, events: [{ ...event, type: 'rant' }] }, invalid('/events/0')],
  ['events', 'number nought', { firstSeq: 0, events: [event] }, invalid('/firstSeq')],
  [
    'turn',
    'an unknown model',
    { reserve: { ...reserve, model: 'gpt-2' } },
    [400, 'unknown_model', 'claude-sonnet-5-5'],
  ],
  [
    'turn',
    'more than the job may cost',
    { reserve: { ...reserve, maxTokens: 64_000 } },
    [409, 'budget_exceeded', 'budgetUsd'],
  ],
  [
    'turn',
    'fewer tokens than none',
    { reserve: { ...reserve, inputTokensMax: -1 } },
    invalid('/reserve/inputTokensMax'),
  ],
];

/** Calls of a worker that are refused, each with the one answer it gets. */
export const badWorkerCalls: readonly BadCall[] = [
  ...starts,
  ...fenced,
  ...stopped,
  ...faults.map(([call, what, rest, [status, code, says]]) => ({
    call,
    what,
    body: ({ mine }: Known) => ({ ...sessionOf(mine), ...rest }),
    status,
    code,
    says,
  })),
];
