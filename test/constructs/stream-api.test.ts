import { describe, expect, test } from '@jest/globals';
import { prodSettings, propertiesOf, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
const stream = { type: 'AWS::ApiGatewayV2::Stage', id: 'Stream' };

describe('the WebSocket API', () => {
  test('opens for signed requests only; a WebSocket API authorizes nothing but $connect [A10]', () => {
    const routes = resourcesOf(dev, 'AWS::ApiGatewayV2::Route')
      .map(([, { Properties }]) => Properties)
      .filter(({ ApiId }) => ApiId === '<StreamApi>')
      .map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]);
    expect(Object.fromEntries(routes)).toEqual({
      $connect: 'AWS_IAM',
      $default: 'NONE',
      $disconnect: 'NONE',
    });
  });

  test('sends all of it to one function', () => {
    const targets = resourcesOf(dev, 'AWS::ApiGatewayV2::Integration')
      .map(([, { Properties }]) => Properties)
      .filter(({ ApiId }) => ApiId === '<StreamApi>')
      .map(({ IntegrationUri }) => /<Functions[^>]*>/.exec(String(IntegrationUri))?.[0]);
    expect(targets).toEqual(Array(3).fill('<FunctionsStream.Arn>'));
  });

  test('gives up on a message after the function does', () => {
    expect(propertiesOf(dev, 'AWS::Lambda::Function', 'FunctionsStream').Timeout).toBe(25);
  });

  test('takes 50 messages a second in dev, and 100 at once', () => {
    expect(propertiesOf(dev, stream.type, stream.id)).toMatchObject({
      StageName: 'stream',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
  });

  test('logs every message in prod', () => {
    expect(propertiesOf(synthesize(prodSettings), stream.type, stream.id).AccessLogSettings).toMatchObject({
      DestinationArn: '<StreamAccessLogsGroup.Arn>',
    });
  });

  // API Gateway refuses such a stage otherwise, and with it the whole deployment.
  test('logs in prod once the account has a role for it, which stays for the other APIs of the account [D4]', () => {
    const all = Object.entries(synthesize(prodSettings).toJSON().Resources) as [
      string,
      { Type: string; DependsOn?: string[]; DeletionPolicy?: string; Properties: object },
    ][];
    const [account, role] = ['AWS::ApiGateway::Account', 'AWS::IAM::Role'].map((type) =>
      all.find(([id, { Type }]) => Type === type && id.startsWith('StreamLogging')),
    );
    const stage = all.find(([id, { Type }]) => Type === stream.type && id.startsWith(stream.id));
    expect(stage?.[1].DependsOn).toEqual([account?.[0]]);
    expect(account?.[1]).toMatchObject({
      Properties: { CloudWatchRoleArn: { 'Fn::GetAtt': [role?.[0], 'Arn'] } },
      DeletionPolicy: 'Retain',
    });
    expect(role?.[1]).toMatchObject({
      Properties: {
        AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: 'apigateway.amazonaws.com' } }] },
        Policies: [
          {
            PolicyDocument: {
              Statement: [
                {
                  Action: expect.arrayContaining(['logs:CreateLogGroup', 'logs:PutLogEvents']),
                  Resource: '*',
                },
              ],
            },
          },
        ],
      },
      DeletionPolicy: 'Retain',
    });
  });

  test('is told apart from the HTTP API in the outputs', () => {
    expect(Object.keys(dev.toJSON().Outputs)).toEqual(expect.arrayContaining(['ApiUrl', 'StreamUrl']));
  });

  test('is reached by those functions that say what people watch, at an address of their own', () => {
    const told = resourcesOf(dev, 'AWS::Lambda::Function').filter(
      ([, { Properties }]) =>
        (Properties.Environment as { Variables: Record<string, string> }).Variables.CONNECTIONS_URL ===
        'https://<StreamApi>.execute-api.<AWS::Region>.<AWS::URLSuffix>/stream',
    );
    expect(told.map(([id]) => id.slice('Functions'.length, -8)).sort()).toEqual([
      'Reconciler',
      'Runs',
      'Schedules',
      'Steps',
      'Stream',
      'WorkerApi',
    ]);
  });
});
