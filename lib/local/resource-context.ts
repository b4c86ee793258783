import { z } from 'zod';
import type { Principals } from './credentials.ts';
import type { HttpApi } from './http-api.ts';
import type { JsonObject } from './json.ts';
import type { LocalPrincipal } from './service.ts';
import type { Services } from './services.ts';
import type { PhysicalResource, Template, TemplateResource } from './template.ts';

export interface CloudContext extends Services {
  url: string;
  region: string;
  accountId: string;
  template: Template;
  principals: Principals;
  /** By API id; filled as APIs are created. */
  apis: Map<string, HttpApi>;
  /** Function ARNs by integration id. */
  integrations: Map<string, string>;
  eventSources: Parameters<Services['poll']>[0][];
  /** Of the task definitions' task roles. */
  workerRoleArns: string[];
  mayCall(principal: LocalPrincipal, path: string): boolean;
  secretValue(logicalId: string, name: string): string | undefined;
  /** Over the template's, for every function. */
  functionEnvironment: Record<string, string>;
  path: string;
  log(line: string): void;
}

export type Create = (
  context: CloudContext,
  properties: JsonObject,
  resource: TemplateResource,
) => PhysicalResource | Promise<PhysicalResource>;

export function parse<T>(schema: z.ZodType<T>, properties: JsonObject): T {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new Error(z.prettifyError(parsed.error));
}

/** The name that the template gives, else one that stays the same from start to start. */
export function nameOf(
  context: CloudContext,
  properties: JsonObject,
  key: string,
  logicalId: string,
): string {
  const given = properties[key];
  return typeof given === 'string' ? given : context.template.physicalName(logicalId);
}

export function stackArn({ region, accountId }: CloudContext, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}

/** The ARN by which a role's user is known to services: the assumed role, with a session. */
export function sessionArn(roleArn: string, session: string): string {
  return `${roleArn.replace(':iam:', ':sts:').replace(/:role\/(.*\/)?/, ':assumed-role/')}/${session}`;
}

export function credentialEnvironment(
  context: CloudContext,
  label: string,
  arn: string,
): Record<string, string> {
  const { accessKeyId, secretAccessKey } = context.principals.issue(label, arn);
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: context.region,
    AWS_ENDPOINT_URL: context.url,
  };
}
