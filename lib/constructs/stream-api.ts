import { Stack, Validations } from 'aws-cdk-lib';
import {
  LogGroupLogDestination,
  WebSocketApi,
  type WebSocketRoute,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { streamStage } from '#contracts/stream.ts';
import { logicalId } from './acknowledge.ts';
import type { ControlFunction } from './control-function.ts';
import { GatewayLogs } from './gateway-logs.ts';
import { Logs } from './logs.ts';

export interface StreamApiProps {
  readonly settings: Settings;
}

/** Messages of clients per second, and how many may come at once. */
const throttles = {
  dev: { rateLimit: 50, burstLimit: 100 },
  prod: { rateLimit: 500, burstLimit: 1_000 },
} as const;

/** Events as they happen, over a WebSocket that only opens for a request that IAM has signed. */
export class StreamApi extends Construct {
  /** `wss://…`, with its stage. */
  readonly url: string;
  /** `https://…`: where functions reach connections. */
  readonly connectionsUrl: string;
  readonly #api: WebSocketApi;

  constructor(scope: Construct, id: string, props: StreamApiProps) {
    super(scope, id);
    this.#api = new WebSocketApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-stream`,
      description: 'Muster: events of jobs and runs as they happen',
    });
    const stage = addStage(this, this.#api, props.settings);
    this.url = stage.url;
    this.connectionsUrl = stage.callbackUrl;
  }

  /** Sends all that happens on a connection to one function. */
  route(stream: ControlFunction): void {
    const integration = (name: string) => new WebSocketLambdaIntegration(name, stream);
    this.#api.addRoute('$connect', {
      integration: integration('Connect'),
      authorizer: new WebSocketIamAuthorizer(),
    });
    for (const [key, name] of [
      ['$disconnect', 'Disconnect'],
      ['$default', 'Message'],
    ] as const)
      acknowledgeOpen(this.#api.addRoute(key, { integration: integration(name) }));
  }

  /** ARN of sending to any connection, for `execute-api:ManageConnections`. */
  get pushArn(): string {
    return Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.#api.apiId,
      resourceName: pushPath,
    });
  }

  /** The same as cdk-nag prints it. */
  get pushPattern(): string {
    return `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${logicalId(this.#api)}>/${pushPath}`;
  }
}

const pushPath = `${streamStage}/POST/@connections/*`;

function acknowledgeOpen(route: WebSocketRoute): void {
  Validations.of(route).acknowledge({
    id: 'AwsSolutions-APIG4',
    reason: 'A WebSocket API authorizes $connect; what follows comes over the connection that was let in.',
  });
}

function addStage(scope: Construct, webSocketApi: WebSocketApi, settings: Settings): WebSocketStage {
  const isProd = settings.profile === 'prod';
  const stage = new WebSocketStage(scope, 'Stage', {
    webSocketApi,
    stageName: streamStage,
    autoDeploy: true,
    throttle: throttles[settings.profile],
    ...(isProd && {
      accessLogSettings: {
        destination: new LogGroupLogDestination(new Logs(scope, 'AccessLogs', { settings }).group),
      },
    }),
  });
  if (isProd) {
    stage.node.addDependency(new GatewayLogs(scope, 'Logging').account);
    return stage;
  }
  Validations.of(stage).acknowledge({
    id: 'AwsSolutions-APIG1',
    reason: 'Development: the function logs whom it refuses. The prod profile has access logs.',
  });
  return stage;
}
