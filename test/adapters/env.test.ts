import { expect, test } from '@jest/globals';
import { readFunctionEnvironment } from '#adapters/env.ts';

test('reads what is asked for, and nothing else', () => {
  const env = readFunctionEnvironment(['TABLE_NAME', 'SPOT'], {
    TABLE_NAME: 't',
    SPOT: 'true',
    QUEUE_URL: 'q',
  });
  expect(env).toEqual({ TABLE_NAME: 't', SPOT: true });
});

test('names all faults together, each once however often its variable is asked for', () => {
  expect(() => readFunctionEnvironment(['TABLE_NAME', 'ACCESS', 'TABLE_NAME'], { ACCESS: '{' })).toThrow(
    /^wrong environment: TABLE_NAME is missing; ACCESS is malformed: must be JSON$/,
  );
});
