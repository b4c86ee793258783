import { describe, expect, test } from '@jest/globals';
import { functionWorkerId } from '#contracts/settings.ts';
import { propertiesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();

function workerOf(given: object = {}): Record<string, unknown> {
  return propertiesOf(synthesize(given), 'AWS::Lambda::Function', functionWorkerId);
}

function variablesOf(name: string, given: object = {}): Record<string, string> {
  const { Environment } = propertiesOf(synthesize(given), 'AWS::Lambda::Function', `Functions${name}`);
  return (Environment as { Variables: Record<string, string> }).Variables;
}

describe('a worker in a function', () => {
  test('has 15 minutes and half a gigabyte, on arm64', () => {
    expect(workerOf()).toMatchObject({
      Timeout: 900,
      MemorySize: 512,
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
  });

  test('has as long as the settings say, which is what the control plane counts with', () => {
    const given = { timings: { functionSeconds: 120 } };
    expect(workerOf(given).Timeout).toBe(120);
    expect(JSON.parse(variablesOf('Reconciler', given).TIMINGS ?? '')).toMatchObject({
      functionSeconds: 120,
    });
  });

  test('is in no VPC and reserves no concurrency', () => {
    expect(workerOf()).not.toHaveProperty('VpcConfig');
    expect(workerOf()).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('is called once: Lambda repeats nothing and drops what waits for more than a minute', () => {
    expect(propertiesOf(dev, 'AWS::Lambda::EventInvokeConfig', 'FunctionWorker')).toEqual({
      FunctionName: '<FunctionWorker>',
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  test('learns the address of the API and no secret [D4]', () => {
    const { Variables } = workerOf().Environment as { Variables: Record<string, string> };
    expect(Variables).toEqual({
      MUSTER_API_URL: '<Api.ApiEndpoint>',
      NODE_OPTIONS: '--enable-source-maps',
      POWERTOOLS_SERVICE_NAME: 'muster',
      POWERTOOLS_METRICS_NAMESPACE: 'Muster',
    });
  });

  test('is known as a worker to the two functions that answer HTTP [A10]', () => {
    for (const name of ['Orchestrator', 'WorkerApi'])
      expect(variablesOf(name).FUNCTION_WORKER_ROLE_ARN).toBe('<FunctionWorkerFunctionRole.Arn>');
  });
});

describe('settings of the function lane', () => {
  test('let ten run at once, and send what needs no sandbox there', () => {
    expect(variablesOf('Dispatcher')).toMatchObject({
      MAX_CONCURRENT_FUNCTIONS: '10',
      FORCE_FARGATE: 'false',
    });
  });

  test('reach the functions as they were given', () => {
    const given = { maxConcurrentFunctions: 3, forceFargate: true };
    expect(variablesOf('Dispatcher', given).MAX_CONCURRENT_FUNCTIONS).toBe('3');
    expect(variablesOf('Orchestrator', given).FORCE_FARGATE).toBe('true');
  });
});
