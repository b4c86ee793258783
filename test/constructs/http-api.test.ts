import { describe, expect, test } from '@jest/globals';
import { prodSettings, propertiesOf, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();

describe('the HTTP API', () => {
  test('wants a signed request on every route [A10]', () => {
    const routes = resourcesOf(dev, 'AWS::ApiGatewayV2::Route').map(([, route]) => route.Properties);
    expect(routes.length).toBeGreaterThan(0);
    expect(routes.filter((route) => route.AuthorizationType !== 'AWS_IAM')).toEqual([]);
  });

  test('sends the worker protocol to the worker API and the rest to the orchestrator', () => {
    const targets = new Map(
      resourcesOf(dev, 'AWS::ApiGatewayV2::Integration').map(([id, { Properties }]) => [
        `integrations/<${id.slice(0, -8)}>`,
        Properties.IntegrationUri,
      ]),
    );
    const routes = resourcesOf(dev, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [
      Properties.RouteKey,
      targets.get(String(Properties.Target)),
    ]);
    expect(Object.fromEntries(routes)).toMatchObject({
      'POST /worker/{proxy+}': '<FunctionsWorkerApi.Arn>',
      'ANY /{proxy+}': '<FunctionsOrchestrator.Arn>',
    });
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
