import { arnOf } from './place.ts';
import { computeResources } from './resource-compute.ts';
import type { CloudContext, Create } from './resource-context.ts';
import { dataResources } from './resource-data.ts';
import type { TemplateResource } from './template.ts';

const creators = { ...dataResources, ...computeResources };

/** What has no meaning on one machine: rights, networks, budgets, dashboards, and custom resources that clean up. */
const ignoredTypes = [
  /^AWS::(ApiGateway|IAM|EC2|KMS|Budgets|CE|CDK|Logs|CloudWatch|ResourceGroups|SSM|ServiceCatalogAppRegistry)::/,
  /^AWS::Lambda::Permission$/,
  /^AWS::(S3::BucketPolicy|SQS::QueuePolicy|SNS::TopicPolicy|SNS::Subscription)$/,
  /^AWS::(SecretsManager::ResourcePolicy|ECS::ClusterCapacityProviderAssociations)$/,
  /^Custom::(S3AutoDeleteObjects|VpcRestrictDefaultSG|LogRetention)$/,
];

/** Creates everything of the template, each resource after those it refers to. */
export async function createResources(context: CloudContext): Promise<void> {
  for (const resource of context.template.resources) {
    const { type, logicalId } = resource;
    const creator = creators[type];
    if (creator) await create(context, resource, creator);
    else if (ignoredTypes.some((pattern) => pattern.test(type))) ignore(context, resource);
    else throw new Error(`${type} ${logicalId} is not handled by the local cloud`);
  }
}

function ignore({ template }: CloudContext, { logicalId, type }: TemplateResource): void {
  const name = template.physicalName(logicalId);
  const [, service = 'local', kind = 'resource'] = type.toLowerCase().split('::');
  const arn = arnOf(service, `${kind}/${name}`);
  template.setPhysical(logicalId, {
    ref: name,
    attributes: {},
    otherAttribute: (attribute) => (attribute.endsWith('Arn') ? arn : `${name}-${attribute}`),
  });
}

async function create(context: CloudContext, resource: TemplateResource, creator: Create): Promise<void> {
  const { logicalId, type } = resource;
  const { template } = context;
  const properties = template.properties(resource);
  // Most types call it after themselves: TableName, QueueName, FunctionName …
  const given = properties[`${type.split('::').at(-1)?.replace('Global', '')}Name`] ?? properties.Name;
  const name = typeof given === 'string' ? given : template.physicalName(logicalId);
  try {
    template.setPhysical(logicalId, await creator(context, { logicalId, name, properties }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${type} ${logicalId}: ${reason}`, { cause });
  }
}
