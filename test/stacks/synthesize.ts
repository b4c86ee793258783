import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { repositoryRoot } from '../../lib/constructs/build.ts';
import { MusterStack } from '../../lib/stacks/muster-stack.ts';
import { readSettings } from '../../lib/stacks/read-settings.ts';

/** The flags under which the app is really synthesized. */
export const cdkContext: Record<string, unknown> = JSON.parse(
  readFileSync(`${repositoryRoot}cdk.json`, 'utf8'),
).context;

export const prodSettings = {
  profile: 'prod',
  network: 'private',
  alarmEmail: 'operator@example.com',
  accountBudgetUsd: 500,
  access: { 'arn:aws:iam::111122223333:role/team': { projects: ['shop'] } },
};

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

const made = new Map<string, Template>();

/** The template under these settings, without bundling: tests of resources need no bundles. */
export function synthesize(given: object = {}): Template {
  const key = JSON.stringify(given);
  const known = made.get(key);
  if (known) return known;
  // CDK's own validation takes a second each time; the test of the app has it.
  const app = new App({
    context: { ...cdkContext, 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
  });
  const template = Template.fromStack(
    new MusterStack(app, 'Muster', { settings: readSettings(given), teams: [] }),
  );
  made.set(key, template);
  return template;
}

/** Every resource, or those of a type, with readable intrinsics. */
export function resourcesOf(template: Template, type?: string): [string, Resource][] {
  const all = Object.entries<Resource>(template.toJSON().Resources).map(
    ([id, resource]) =>
      [id, { ...resource, Properties: readable(resource.Properties) }] as [string, Resource],
  );
  return type ? all.filter(([, resource]) => resource.Type === type) : all;
}

/** Properties of the one resource of a type whose logical id begins so. */
export function propertiesOf(template: Template, type: string, idPrefix = ''): Record<string, unknown> {
  const found = resourcesOf(template, type).filter(([id]) => id.startsWith(idPrefix));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} resources ${type} ${idPrefix}`);
  return found[0][1].Properties;
}

/** Logical ids end in a hash of their path. */
function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** Intrinsics as one reads them: `<DataTable.Arn>/index/due`, `<AWS::Region>`. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value) return `<${withoutHash(String(value.Ref))}>`;
  if ('Fn::Sub' in value) return String(value['Fn::Sub']);
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) {
    const [id, attribute] = value['Fn::GetAtt'];
    return `<${withoutHash(String(id))}.${attribute}>`;
  }
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts] = value['Fn::Join'];
    return (readable(parts) as unknown[]).join(separator);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
}

export interface Statement {
  readonly Effect: string;
  readonly Action?: string | string[];
  readonly Resource?: string | string[];
  readonly NotResource?: string | string[];
  readonly Condition?: object;
}

/** What a role may do. */
export function statementsOf(template: Template, roleId?: string): Statement[] {
  return resourcesOf(template, 'AWS::IAM::Policy')
    .map(
      ([, { Properties }]) => Properties as { Roles?: string[]; PolicyDocument: { Statement: Statement[] } },
    )
    .filter(({ Roles = [] }) => roleId === undefined || Roles.includes(`<${roleId}>`))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}
