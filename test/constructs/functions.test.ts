import { describe, expect, test } from '@jest/globals';
import { functionVariables } from '#contracts/function-env.ts';
import { readSettings } from '../../lib/stacks/read-settings.ts';
import { prodSettings, propertiesOf, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
const names = ['Orchestrator', 'WorkerApi', 'Dispatcher', 'Reconciler', 'Webhooks', 'Stream'];

function functionOf(name: string, template = dev): Record<string, unknown> {
  return propertiesOf(template, 'AWS::Lambda::Function', `Functions${name}`);
}

function variablesOf(name: string, given: object = {}): Record<string, string> {
  return (functionOf(name, synthesize(given)).Environment as { Variables: Record<string, string> }).Variables;
}

describe.each(names)('the function %s', (name) => {
  test('runs Node 24 on arm64', () => {
    expect(functionOf(name)).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
  });

  test('writes to a log group of its own', () => {
    expect(functionOf(name).LoggingConfig).toEqual({
      LogFormat: 'Text',
      LogGroup: `<Functions${name}LogsGroup>`,
    });
  });

  test('emits its metrics under the namespace and the service that alarms watch', () => {
    expect(variablesOf(name)).toMatchObject({
      POWERTOOLS_SERVICE_NAME: 'muster',
      POWERTOOLS_METRICS_NAMESPACE: 'Muster',
    });
  });

  test('is given no variable that functions do not read', () => {
    const others = ['NODE_OPTIONS', 'POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_METRICS_NAMESPACE'];
    const known = [...Object.keys(functionVariables), ...others];
    expect(Object.keys(variablesOf(name)).filter((variable) => !known.includes(variable))).toEqual([]);
  });

  test('reserves no concurrency, which a new account could not give', () => {
    expect(functionOf(name).ReservedConcurrentExecutions).toBeUndefined();
  });
});

describe('timeouts', () => {
  test('of what answers HTTP are below the 30 s of the API', () => {
    expect(['Orchestrator', 'WorkerApi'].map((name) => functionOf(name).Timeout)).toEqual([25, 25]);
  });

  test('of the reconciler are below its period of a minute', () => {
    expect(functionOf('Reconciler').Timeout).toBe(55);
  });

  test('of the dispatcher fit six times into the time that a message stays hidden', () => {
    expect(functionOf('Dispatcher').Timeout).toBe(30);
    expect(propertiesOf(dev, 'AWS::SQS::Queue', 'JobsQueue').VisibilityTimeout).toBe(180);
  });
});

describe('settings', () => {
  test('reach the functions as they were given', () => {
    const given = { ...prodSettings, maxConcurrentWorkers: 20, jobBudgetUsd: 2.5, projectMonthBudgetUsd: 40 };
    const variables = variablesOf('Orchestrator', given);
    expect(variables).toMatchObject({ JOB_BUDGET_USD: '2.5', PROJECT_MONTH_BUDGET_USD: '40' });
    expect(JSON.parse(variables.ACCESS ?? '')).toEqual({
      'arn:aws:iam::111122223333:role/team': { projects: ['shop'], approver: false },
    });
    expect(variablesOf('Dispatcher', given).MAX_CONCURRENT_WORKERS).toBe('20');
  });

  test('are parsed by the schemas that functions parse them with', () => {
    for (const name of names) {
      for (const [variable, value] of Object.entries(variablesOf(name))) {
        const schema = functionVariables[variable as keyof typeof functionVariables];
        if (schema) expect([variable, schema.safeParse(value).success]).toEqual([variable, true]);
      }
    }
  });

  test('never let a deployment think that servers at home can be reached', () => {
    for (const name of names.filter((each) => each !== 'Webhooks'))
      for (const given of [{}, prodSettings])
        expect(variablesOf(name, given).SELF_HOSTED_MODELS ?? 'false').toBe('false');
  });

  test('never let a deployment send webhooks to its own machine [D4]', () => {
    for (const name of names)
      for (const given of [{}, prodSettings])
        expect(variablesOf(name, given).LOOPBACK_WEBHOOKS ?? 'false').toBe('false');
  });

  test('name the master of signing secrets to what sends webhooks alone [A9]', () => {
    expect(names.filter((name) => variablesOf(name).WEBHOOK_SECRET_ARN)).toEqual(['Webhooks']);
  });

  test('name the provider keys to the worker API alone [A5]', () => {
    expect(names.filter((name) => variablesOf(name).PROVIDER_SECRET_ARN)).toEqual(['WorkerApi']);
  });
});

describe('traces', () => {
  const tracing = (template: typeof dev) =>
    resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties.TracingConfig);

  test('are kept of every function in prod, and of none in dev [D6]', () => {
    const inProd = tracing(synthesize(prodSettings));
    expect(inProd.length).toBeGreaterThanOrEqual(9);
    for (const config of inProd) expect(config).toEqual({ Mode: 'Active' });
    expect(new Set(tracing(dev))).toEqual(new Set([undefined]));
  });
});

describe('the queue', () => {
  test('gives up a message after five tries and keeps it for two weeks', () => {
    expect(propertiesOf(dev, 'AWS::SQS::Queue', 'JobsQueue').RedrivePolicy).toEqual({
      deadLetterTargetArn: '<JobsDeadLetters.Arn>',
      maxReceiveCount: 5,
    });
    expect(propertiesOf(dev, 'AWS::SQS::Queue', 'JobsDeadLetters').MessageRetentionPeriod).toBe(1_209_600);
  });

  test('is read by the dispatcher, which gives back single messages [A2]', () => {
    expect(propertiesOf(dev, 'AWS::Lambda::EventSourceMapping')).toMatchObject({
      EventSourceArn: '<JobsQueue.Arn>',
      FunctionName: '<FunctionsDispatcher>',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('and its dead letters are encrypted and take TLS only [D4]', () => {
    const queues = resourcesOf(dev, 'AWS::SQS::Queue').map(
      ([, queue]) => queue.Properties.SqsManagedSseEnabled,
    );
    expect(queues).toEqual([true, true]);
    const policies = resourcesOf(dev, 'AWS::SQS::QueuePolicy').map(([, policy]) => JSON.stringify(policy));
    expect(policies.filter((policy) => policy.includes('"aws:SecureTransport":"false"'))).toHaveLength(2);
  });
});

describe('the reconciler', () => {
  test('runs every minute with an empty event', () => {
    expect(propertiesOf(dev, 'AWS::Events::Rule', 'RulesEveryMinute')).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Targets: [expect.objectContaining({ Arn: '<FunctionsReconciler.Arn>', Input: '{}' })],
    });
  });

  test('hears of stopped tasks of this cluster only', () => {
    expect(propertiesOf(dev, 'AWS::Events::Rule', 'RulesTaskStopped').EventPattern).toEqual({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { clusterArn: ['<WorkerCluster.Arn>'], lastStatus: ['STOPPED'] },
    });
  });
});

describe.each([
  ['dev', {}, 14],
  ['prod', prodSettings, 90],
  ['own settings', { logRetentionDays: 7 }, 7],
])('logs in %s', (_profile, given, days) => {
  test(`expire after ${days} days in every group`, () => {
    const groups = resourcesOf(synthesize(given), 'AWS::Logs::LogGroup').map(
      ([, { Properties }]) => Properties,
    );
    expect(groups.length).toBeGreaterThanOrEqual(5);
    expect(groups.filter((group) => group.RetentionInDays !== days)).toEqual([]);
  });
});

describe('the variables of a function', () => {
  /** As many roles as the settings take. */
  function mostAccess(): object {
    const settings = (roles: number) => ({
      ...prodSettings,
      access: Object.fromEntries(
        Array.from({ length: roles }, (_, n) => [
          `arn:aws:iam::111122223333:role/team-${n}`,
          { projects: ['shop', 'data'], approver: true },
        ]),
      ),
    });
    let roles = 1;
    try {
      for (; ; roles++) readSettings(settings(roles + 1));
    } catch {
      return settings(roles);
    }
  }

  // "String measured" in Lambda's refusal is one JSON object; no name or ARN of ours is longer than 105 characters.
  test('fit the 4,096 bytes of Lambda with as much access as the settings take', () => {
    const sizes = resourcesOf(synthesize(mostAccess()), 'AWS::Lambda::Function').map(
      ([id, { Properties }]) => {
        const { Variables } = Properties.Environment as { Variables: Record<string, string> };
        const resolved = Object.entries(Variables).map(([name, value]) => [
          name,
          value.includes('<') ? 'x'.repeat(105) : value,
        ]);
        return [id, JSON.stringify(Object.fromEntries(resolved)).length] as const;
      },
    );
    expect(sizes.filter(([, bytes]) => bytes > 4_096)).toEqual([]);
    expect(Math.max(...sizes.map(([, bytes]) => bytes))).toBeGreaterThan(3_700);
  });
});
