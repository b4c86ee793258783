import * as z from 'zod';
import type { Principals } from './credentials.ts';
import type { EventSource } from './event-source.ts';
import type { HttpApi } from './http-api.ts';
import type { JsonObject } from './json.ts';
import { region } from './place.ts';
import type { Services } from './services.ts';
import type { PhysicalResource, Template } from './template.ts';
import type { SocketLimits, WebSocketApi } from './websocket-api.ts';

export interface CloudContext extends Services {
  url: string;
  template: Template;
  principals: Principals;
  /** The stack's one HTTP API, once it is created. */
  api: HttpApi | undefined;
  /** The stack's one WebSocket API, once it is created. */
  sockets: WebSocketApi | undefined;
  /** Of its connections; default: API Gateway's. */
  socketLimits: Partial<SocketLimits> | undefined;
  /** Of the task definition that was created last. */
  taskRoleArn: string | undefined;
  pollers: EventSource[];
  /** Over what the template says. */
  secretValue(name: string): string | undefined;
  /** Over the template's, for every function. */
  functionEnvironment: Record<string, string>;
  /** Under the template's, for every task. */
  taskEnvironment: Record<string, string>;
  /** Logical ids of functions whose key is a worker's. */
  workerFunctions: readonly string[];
  /** `PATH` of functions and tasks. */
  path: string;
}

/** A resource with its intrinsics resolved. */
export interface WantedResource {
  logicalId: string;
  /** As the template says, else one that stays the same from start to start. */
  name: string;
  properties: JsonObject;
}

export type Create = (
  context: CloudContext,
  resource: WantedResource,
) => PhysicalResource | Promise<PhysicalResource>;

export function parse<T>(schema: z.ZodType<T>, properties: JsonObject): T {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new Error(z.prettifyError(parsed.error));
}

/** The ARN by which a role's user is known to services: the assumed role, with a session. */
export function sessionArn(roleArn: string, session: string): string {
  return `${roleArn.replace(':iam:', ':sts:').replace(/:role\/(.*\/)?/, ':assumed-role/')}/${session}`;
}

/** What every function and task gets. */
export function baseEnvironment(
  context: CloudContext,
  label: string,
  arn: string,
  isWorker: boolean,
): Record<string, string> {
  const { accessKeyId, secretAccessKey } = context.principals.issue(label, arn, isWorker);
  return {
    PATH: context.path,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: context.url,
  };
}
