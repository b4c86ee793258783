import { describe, expect, test } from '@jest/globals';
import { functionVariables } from '#contracts/function-env.ts';
import { defaultTimings } from '#contracts/limits.ts';
import { prodSettings, propertiesOf, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
const fn = propertiesOf(dev, 'AWS::Lambda::Function', 'FunctionsSchedules');
const { Variables } = fn.Environment as { Variables: Record<string, string> };

describe('the function that starts what is scheduled', () => {
  test('is over before anybody else may begin the same start', () => {
    expect(fn.Timeout).toBe(60);
    expect(defaultTimings.tickLeaseSeconds).toBeGreaterThan(60);
  });

  test('is not called again by Lambda: what was left is due again', () => {
    const configs = resourcesOf(dev, 'AWS::Lambda::EventInvokeConfig').map(([, each]) => each.Properties);
    const own = configs.find(({ FunctionName }) => FunctionName === '<FunctionsSchedules>');
    expect(own).toMatchObject({ MaximumRetryAttempts: 0 });
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
