import { Stack, Validations } from 'aws-cdk-lib';
import {
  HttpApi as CdkHttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import type { Route } from '#contracts/routes/route.ts';
import { routes } from '#contracts/routes.ts';
import type { Settings } from '#contracts/settings.ts';
import { logicalId } from './acknowledge.ts';
import type { ControlFunction } from './control-function.ts';
import { Logs } from './logs.ts';

export interface HttpApiProps {
  readonly settings: Settings;
}

/** Requests per second, and how many may come at once. Beyond that callers get 429, which they retry. */
const throttles = {
  dev: { rateLimit: 50, burstLimit: 100 },
  prod: { rateLimit: 500, burstLimit: 1_000 },
} as const;

/** The way in: every route wants a request that IAM has signed. */
export class HttpApi extends Construct {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiId: string;
  readonly #api: CdkHttpApi;

  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id);
    this.#api = new CdkHttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      description: 'Muster: jobs, runs, approvals; the worker protocol below /worker',
      defaultAuthorizer: new HttpIamAuthorizer(),
      createDefaultStage: false,
    });
    this.url = this.#api.apiEndpoint;
    this.apiId = this.#api.apiId;
    addStage(this, this.#api, props.settings);
  }

  /** Sends the worker protocol to one function, and every route of clients to the one that answers it. */
  route(functions: {
    readonly orchestrator: ControlFunction;
    readonly runs: ControlFunction;
    readonly webhooks: ControlFunction;
    readonly schedules: ControlFunction;
    readonly workerApi: ControlFunction;
  }): void {
    const workerApi = this.#integration('WorkerApi', functions.workerApi);
    const orchestrator = this.#integration('Orchestrator', functions.orchestrator);
    const clients = {
      orchestrator,
      runs: this.#integration('Runs', functions.runs),
      webhooks: this.#integration('Webhooks', functions.webhooks),
      schedules: this.#integration('Schedules', functions.schedules),
    };
    this.#api.addRoutes({ path: '/worker/{proxy+}', methods: [HttpMethod.POST], integration: workerApi });
    for (const { method, path, function: name = 'orchestrator' } of Object.values<Route>(routes)) {
      this.#api.addRoutes({ path, methods: [HttpMethod[method]], integration: clients[name] });
    }
    // Whatever else is asked for gets the same problem document as any other fault; `{proxy+}` leaves out the root.
    for (const path of ['/', '/{proxy+}'])
      this.#api.addRoutes({ path, methods: [HttpMethod.ANY], integration: orchestrator });
  }

  /** ARN of calls, in any stage, for `execute-api:Invoke`. */
  callArn(method: string, path: string): string {
    return this.#api.arnForExecuteApi(method, path, '*');
  }

  /** The same as cdk-nag prints it. */
  callPattern(method: string, path: string): string {
    return `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${logicalId(this.#api)}>/*/${method}${path}`;
  }

  #integration(id: string, fn: ControlFunction): HttpLambdaIntegration {
    // One permission for all routes: a function's resource policy holds 20 KB, some fifty of them.
    return new HttpLambdaIntegration(id, fn, { scopePermissionToRoute: false });
  }
}

function addStage(scope: Construct, httpApi: CdkHttpApi, settings: Settings): void {
  const isProd = settings.profile === 'prod';
  const stage = new HttpStage(scope, 'Stage', {
    httpApi,
    stageName: '$default',
    autoDeploy: true,
    throttle: throttles[settings.profile],
    ...(isProd && {
      accessLogSettings: {
        destination: new LogGroupLogDestination(new Logs(scope, 'AccessLogs', { settings }).group),
      },
    }),
  });
  if (isProd) return;
  Validations.of(stage).acknowledge({
    id: 'AwsSolutions-APIG1',
    reason: 'Development: the functions log every call with its caller. The prod profile has access logs.',
  });
}
