import { describe, expect, test } from '@jest/globals';
import { routes } from '#contracts/routes.ts';
import { prodSettings, propertiesOf, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();

describe('the HTTP API', () => {
  test('wants a signed request on every route [A10]', () => {
    const all = resourcesOf(dev, 'AWS::ApiGatewayV2::Route').map(([, route]) => route.Properties);
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((route) => route.AuthorizationType !== 'AWS_IAM')).toEqual([]);
  });

  test('sends the worker protocol to the worker API and the rest to the orchestrator', () => {
    const targets = new Map(
      resourcesOf(dev, 'AWS::ApiGatewayV2::Integration').map(([id, { Properties }]) => [
        `integrations/<${id.slice(0, -8)}>`,
        Properties.IntegrationUri,
      ]),
    );
    const all = resourcesOf(dev, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [
      Properties.RouteKey,
      targets.get(String(Properties.Target)),
    ]);
    const { 'POST /worker/{proxy+}': worker, ...others } = Object.fromEntries(all);
    expect(worker).toBe('<FunctionsWorkerApi.Arn>');
    expect(new Set(Object.values(others))).toEqual(new Set(['<FunctionsOrchestrator.Arn>']));
    expect(Object.keys(others)).toEqual(
      expect.arrayContaining(['POST /jobs', 'GET /jobs/{id}', 'ANY /{proxy+}']),
    );
  });

  test('has every route of the contract, by name, and two that catch the rest', () => {
    const keys = resourcesOf(dev, 'AWS::ApiGatewayV2::Route').map(
      ([, { Properties }]) => Properties.RouteKey,
    );
    const inContract = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
    expect(keys.sort()).toEqual([...inContract, 'ANY /', 'ANY /{proxy+}', 'POST /worker/{proxy+}'].sort());
  });

  test('may call each of its two functions from any route, by one permission each', () => {
    const callers = resourcesOf(dev, 'AWS::Lambda::Permission').filter(
      ([, { Properties }]) => Properties.Principal === 'apigateway.amazonaws.com',
    );
    expect(callers).toHaveLength(2);
  });

  test('hands requests to functions in payload format 2.0', () => {
    const formats = resourcesOf(dev, 'AWS::ApiGatewayV2::Integration').map(
      ([, { Properties }]) => Properties.PayloadFormatVersion,
    );
    expect(new Set(formats)).toEqual(new Set(['2.0']));
  });

  test('lets no browser in', () => {
    expect(propertiesOf(dev, 'AWS::ApiGatewayV2::Api').CorsConfiguration).toBeUndefined();
  });

  test('takes 50 requests a second in dev, and 100 at once', () => {
    expect(propertiesOf(dev, 'AWS::ApiGatewayV2::Stage')).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
  });

  test('logs every call in prod', () => {
    const stage = propertiesOf(synthesize(prodSettings), 'AWS::ApiGatewayV2::Stage');
    expect(stage.AccessLogSettings).toMatchObject({ DestinationArn: '<ApiAccessLogsGroup.Arn>' });
    expect(propertiesOf(dev, 'AWS::ApiGatewayV2::Stage').AccessLogSettings).toBeUndefined();
  });
});
