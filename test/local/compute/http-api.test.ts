import { describe, expect, test } from '@jest/globals';
import { compileRoute, findRoute, makeHttpApi, toResponse } from '../../../lib/local/http-api.ts';
import type { AwsRequest } from '../../../lib/local/service.ts';

const routes = [
  'GET /jobs',
  'GET /jobs/{id}',
  'ANY /jobs/{id}',
  'GET /jobs/special',
  'GET /jobs/{id}/files/{path+}',
  'ANY /{proxy+}',
].map((routeKey) => compileRoute(routeKey, 'arn'));

describe('the most specific route', () => {
  test.each([
    ['GET', '/jobs', 'GET /jobs', {}],
    ['GET', '/jobs/special', 'GET /jobs/special', {}],
    ['GET', '/jobs/a%20b', 'GET /jobs/{id}', { id: 'a b' }],
    ['DELETE', '/jobs/1', 'ANY /jobs/{id}', { id: '1' }],
    ['POST', '/jobs/special', 'ANY /jobs/{id}', { id: 'special' }],
    ['POST', '/jobs', 'ANY /{proxy+}', { proxy: 'jobs' }],
    ['GET', '/jobs/1/files/a/b.txt', 'GET /jobs/{id}/files/{path+}', { id: '1', path: 'a/b.txt' }],
  ])('for %s %s is %s', (method, path, routeKey, pathParameters) => {
    expect(findRoute(routes, method, path)).toMatchObject({ route: { routeKey }, pathParameters });
  });

  test('is none where no route fits', () => {
    expect(findRoute(routes, 'GET', '/')).toBeUndefined();
  });

  test('is never guessed', () => {
    expect(() => compileRoute('$default', 'arn')).toThrow('$default is not handled');
  });
});

describe('a function’s answer', () => {
  test('with a status code is the response', () => {
    const payload = {
      statusCode: 201,
      headers: { 'X-A': 1, 'content-type': 'application/octet-stream' },
      body: 'aGk=',
      isBase64Encoded: true,
    };
    expect(toResponse(JSON.stringify(payload))).toEqual({
      status: 201,
      headers: { 'x-a': '1', 'content-type': 'application/octet-stream' },
      body: Buffer.from('hi'),
    });
  });

  test('without one is the body of a 200', () => {
    const headers = { 'content-type': 'application/json' };
    expect(toResponse('{"a":1}')).toEqual({ status: 200, headers, body: '{"a":1}' });
  });
});

describe('a request', () => {
  const principal = {
    accessKeyId: 'AKIA',
    secretAccessKey: '',
    arn: 'arn:aws:sts::1:assumed-role/r/s',
    label: 'client',
  };
  const request = (patch: Partial<AwsRequest>): AwsRequest => ({
    service: 'execute-api',
    operation: 'POST /jobs',
    method: 'POST',
    rawPath: '/jobs',
    query: new URLSearchParams('a=1&a=2&b=3'),
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from([1, 2]),
    principal,
    ...patch,
  });

  function makeApi(isOk: boolean) {
    const events: unknown[] = [];
    const api = makeHttpApi({
      apiId: 'api',
      domainName: 'here',
      invoke: async (_arn, event) => {
        events.push(event);
        if (isOk) return { ok: true, payload: '{"statusCode":204}' };
        return { ok: false, error: { errorType: 'Error', errorMessage: 'no' } };
      },
      mayCall: () => true,
    });
    api.addRoute('POST /jobs', 'arn');
    return { api, events };
  }

  test('has its bytes in base64, and its duplicates joined', async () => {
    const { api, events } = makeApi(true);
    expect((await api.handle(request({}))).status).toBe(204);
    expect(events[0]).toMatchObject({
      body: 'AQI=',
      isBase64Encoded: true,
      headers: { 'content-type': 'application/octet-stream' },
      queryStringParameters: { a: '1,2', b: '3' },
      requestContext: { authorizer: { iam: { userArn: principal.arn } } },
    });
  });

  test('whose function fails is answered with 500', async () => {
    const response = await makeApi(false).api.handle(request({}));
    expect(response).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
  });

  test('over ten megabytes is answered with 413', async () => {
    const { api, events } = makeApi(true);
    expect((await api.handle(request({ body: Buffer.alloc(10 * 1024 * 1024 + 1) }))).status).toBe(413);
    expect(events).toEqual([]);
  });
});
