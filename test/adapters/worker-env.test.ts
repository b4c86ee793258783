import { expect, test } from '@jest/globals';
import { readWorkerEnvironment } from '../../lib/adapters/worker-env.ts';

const ticket = '7c'.repeat(32);
const base = {
  MUSTER_API_URL: 'https://abc.execute-api.eu-central-1.amazonaws.com/',
  JOB_ID: 'job-1',
  MUSTER_ATTEMPT: '3',
  MUSTER_TICKET: ticket,
};

test('a container reads its role, and its region from the address', () => {
  const source = { ...base, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/abc' };
  expect(readWorkerEnvironment(source)).toEqual({
    apiUrl: 'https://abc.execute-api.eu-central-1.amazonaws.com',
    jobId: 'job-1',
    attempt: 3,
    ticket,
    traceparent: undefined,
    region: 'eu-central-1',
    sandbox: { unsandboxed: false },
    credentials: { kind: 'container', relativeUri: '/v2/credentials/abc' },
  });
});

test('how tools run is as the environment says: kept apart, unless it allows otherwise', () => {
  const container = { ...base, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/abc' };
  const sandboxOf = (more: object) => readWorkerEnvironment({ ...container, ...more }).sandbox;
  expect(sandboxOf({ MUSTER_UNSANDBOXED: '1' })).toEqual({ unsandboxed: true });
  expect(sandboxOf({ MUSTER_UNSANDBOXED_FOR: 'http://127.0.0.1:1/x', MUSTER_SANDBOX_UID: '1001' })).toEqual({
    unsandboxed: false,
    unsandboxedFor: 'http://127.0.0.1:1/x',
    uid: 1_001,
  });
  expect(() => sandboxOf({ MUSTER_UNSANDBOXED: 'yes' })).toThrow(/MUSTER_UNSANDBOXED is malformed/);
});

test('a laptop reads its key from the environment', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1' };
  expect(readWorkerEnvironment({ ...base, MUSTER_API_URL: 'http://127.0.0.1:4566', ...keys })).toMatchObject({
    region: 'us-east-1',
    credentials: { kind: 'static', accessKeyId: 'AKIA1', secretAccessKey: 'secret', sessionToken: undefined },
  });
});

test('all that is missing and all that is malformed is named at once, without the values', () => {
  const source = { MUSTER_API_URL: 'ftp://canary', MUSTER_TICKET: 'canary', JOB_ID: '' };
  expect(() => readWorkerEnvironment(source)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      message: expect.stringMatching(
        /^(?!.*canary).*MUSTER_API_URL is malformed.*JOB_ID is missing.*MUSTER_ATTEMPT is missing.*MUSTER_TICKET is malformed/,
      ),
    }),
  );
});

test('credentials and region that cannot be found are named together', () => {
  expect(() => readWorkerEnvironment({ ...base, MUSTER_API_URL: 'http://127.0.0.1:4566' })).toThrow(
    /AWS_REGION is missing.*AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is missing/,
  );
});
