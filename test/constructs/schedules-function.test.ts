import { describe, expect, test } from '@jest/globals';
import { functionVariables } from '#contracts/function-env.ts';
import { defaultTimings, limits } from '#contracts/limits.ts';
import { prodSettings, propertiesOf, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
const fn = propertiesOf(dev, 'AWS::Lambda::Function', 'FunctionsSchedules');
const { Variables } = fn.Environment as { Variables: Record<string, string> };

/** Whose policies name this action. */
function allowedTo(action: string): string[] {
  const policies = resourcesOf(dev, 'AWS::IAM::Policy');
  return policies.filter(([, each]) => JSON.stringify(each).includes(action)).map(([id]) => id);
}

describe('the function that starts what is scheduled', () => {
  test('is over before anybody else may begin the same start', () => {
    expect(fn.Timeout).toBe(60);
    expect(defaultTimings.tickLeaseSeconds).toBeGreaterThan(60);
  });

  test('is called again by Lambda for an event that it could not write down, while that is not too late', () => {
    const configs = resourcesOf(dev, 'AWS::Lambda::EventInvokeConfig').map(([, each]) => each.Properties);
    const own = configs.find(({ FunctionName }) => FunctionName === '<FunctionsSchedules>');
    expect(own).toMatchObject({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 });
    expect(limits.tickGraceSeconds).toBe(300);
  });

  test('hears of each alarm that goes off or is over, and may look at all of them [C5]', () => {
    const rules = resourcesOf(dev, 'AWS::Events::Rule').map(([, each]) => each.Properties);
    const heard = rules.filter(({ EventPattern }) =>
      JSON.stringify(EventPattern ?? '').includes('aws.cloudwatch'),
    );
    expect(heard.map(({ EventPattern, Targets }) => ({ EventPattern, Targets }))).toEqual([
      {
        EventPattern: {
          source: ['aws.cloudwatch'],
          'detail-type': ['CloudWatch Alarm State Change'],
          detail: { state: { value: ['ALARM', 'OK'] } },
        },
        Targets: [
          expect.objectContaining({
            Arn: '<FunctionsSchedules.Arn>',
            RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 },
          }),
        ],
      },
    ]);
    expect(allowedTo('cloudwatch:DescribeAlarms')).toEqual([
      expect.stringMatching(/^FunctionsSchedulesRole/),
    ]);
  });

  test('alone may read the bill [C5]', () => {
    expect(allowedTo('ce:GetCostAndUsage')).toEqual([expect.stringMatching(/^FunctionsSchedulesRole/)]);
  });

  test('is known to the reconciler, which says what is due, and to nothing else', () => {
    const told = resourcesOf(dev, 'AWS::Lambda::Function').filter(([, { Properties }]) =>
      JSON.stringify(Properties.Environment).includes('SCHEDULES_FUNCTION_ARN'),
    );
    expect(told.map(([id]) => id)).toEqual([expect.stringMatching(/^FunctionsReconciler/)]);
  });

  test('is given variables that functions read, and whom the settings let in', () => {
    const others = ['NODE_OPTIONS', 'POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_METRICS_NAMESPACE'];
    const known = [...Object.keys(functionVariables), ...others];
    expect(Object.keys(Variables).filter((name) => !known.includes(name))).toEqual([]);
    const prod = propertiesOf(synthesize(prodSettings), 'AWS::Lambda::Function', 'FunctionsSchedules');
    const given = (prod.Environment as { Variables: Record<string, string> }).Variables;
    expect(JSON.parse(given.ACCESS ?? '')).toEqual({
      'arn:aws:iam::111122223333:role/team': { projects: ['shop'], approver: false },
    });
  });

  test('never thinks that servers at home, or receivers on its own machine, can be reached [D4]', () => {
    expect(Variables).toMatchObject({ SELF_HOSTED_MODELS: 'false', LOOPBACK_WEBHOOKS: 'false' });
  });
});
