import { describe, expect, test } from '@jest/globals';
import type { Route } from '#contracts/routes/route.ts';
import { routes } from '#contracts/routes.ts';
import { prodSettings, propertiesOf, type Resource, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
/** Of the HTTP API; the WebSocket API is of the same types. */
function partsOf(kind: string): [string, Resource][] {
  const type = `AWS::ApiGatewayV2::${kind}`;
  return resourcesOf(dev, type).filter(([, { Properties }]) => Properties.ApiId === '<Api>');
}

describe('the HTTP API', () => {
  test('wants a signed request on every route [A10]', () => {
    const all = partsOf('Route').map(([, route]) => route.Properties);
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((route) => route.AuthorizationType !== 'AWS_IAM')).toEqual([]);
  });

  test('sends every route to the function that answers it, and what is none to the orchestrator', () => {
    const targets = new Map(
      partsOf('Integration').map(([id, { Properties }]) => [
        `integrations/<${id.slice(0, -8)}>`,
        Properties.IntegrationUri,
      ]),
    );
    const all = partsOf('Route').map(([, { Properties }]) => [
      Properties.RouteKey,
      targets.get(String(Properties.Target)),
    ]);
    const inContract = Object.values<Route>(routes).map(
      ({ method, path, function: name = 'orchestrator' }) => [`${method} ${path}`, name],
    );
    const others = [
      ['ANY /', 'orchestrator'],
      ['ANY /{proxy+}', 'orchestrator'],
      ['POST /worker/{proxy+}', 'workerApi'],
    ];
    const wanted = [...inContract, ...others].map(([key = '', name = '']) => [key, arnOf(name)]);
    expect(Object.fromEntries(all)).toEqual(Object.fromEntries(wanted));
  });

  test('may call each of its functions from any route, by one permission each', () => {
    const callers = resourcesOf(dev, 'AWS::Lambda::Permission')
      .map(([, { Properties }]) => Properties)
      .filter(({ SourceArn }) => String(SourceArn).includes(':<Api>/'));
    const answering = new Set(
      Object.values<Route>(routes).map(({ function: name }) => name ?? 'orchestrator'),
    );
    expect(callers).toHaveLength(answering.size + 1);
  });

  test('hands requests to functions in payload format 2.0', () => {
    const formats = partsOf('Integration').map(([, { Properties }]) => Properties.PayloadFormatVersion);
    expect(new Set(formats)).toEqual(new Set(['2.0']));
  });

  test('lets no browser in', () => {
    expect(propertiesOf(dev, 'AWS::ApiGatewayV2::Api', 'Api').CorsConfiguration).toBeUndefined();
  });

  test('takes 50 requests a second in dev, and 100 at once', () => {
    expect(propertiesOf(dev, 'AWS::ApiGatewayV2::Stage', 'Api')).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
  });

  test('logs every call in prod', () => {
    const stage = propertiesOf(synthesize(prodSettings), 'AWS::ApiGatewayV2::Stage', 'Api');
    expect(stage.AccessLogSettings).toMatchObject({ DestinationArn: '<ApiAccessLogsGroup.Arn>' });
    expect(propertiesOf(dev, 'AWS::ApiGatewayV2::Stage', 'Api').AccessLogSettings).toBeUndefined();
  });
});

function arnOf(name: string): string {
  return `<Functions${name.charAt(0).toUpperCase()}${name.slice(1)}.Arn>`;
}
