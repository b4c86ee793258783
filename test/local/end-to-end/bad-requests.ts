import { type BadRequest, badSubmissions } from './bad-submissions.ts';

const invalid = { status: 400, code: 'invalid_request' } as const;

function refusedRead(name: string, path: string, says: string): BadRequest {
  return { name, method: 'GET', path, ...invalid, says };
}

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
  refusedRead('a run that cannot be one', '/jobs?run=r', '/run'),
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

const strayBodies: BadRequest[] = [
  '/jobs/{ended}/retry',
  '/jobs/{running}/cancel',
  '/stop-all',
  '/resume',
].map((path) => ({
  name: `a body for ${path}`,
  path,
  body: { priority: 'high' },
  ...invalid,
  says: 'no body',
}));

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
  ['GET', '/operations/%00'],
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
  ['DELETE', '/runs', 'POST, GET'],
  ['PUT', '/runs/run-none/stop', 'POST'],
  ['POST', '/teams/workshop', 'GET, PUT'],
  ['PUT', '/webhooks', 'GET'],
].map(([method = '', path = '', says = '']) => ({
  name: `${method} ${path}`,
  method,
  path,
  status: 405,
  code: 'method_not_allowed',
  says,
  allow: says,
}));

/** Requests that are refused, each with the one answer it gets. */
export const badRequests: readonly BadRequest[] = [
  ...badSubmissions,
  ...reads,
  ...states,
  ...strayBodies,
  ...uploads,
  ...places,
  ...methods,
];
