import { computeResources } from './resource-compute.ts';
import { type CloudContext, stackArn } from './resource-context.ts';
import { dataResources } from './resource-data.ts';
import type { PhysicalResource, TemplateResource } from './template.ts';

const creators = { ...dataResources, ...computeResources };

/** What has no meaning on one machine: rights, networks, budgets, dashboards, and custom resources that clean up. */
const ignoredTypes = [
  /^AWS::(IAM|EC2|KMS|Budgets|CE|CDK|Logs|CloudWatch|ResourceGroups|SSM|ServiceCatalogAppRegistry)::/,
  /^AWS::Lambda::(Permission|EventInvokeConfig)$/,
  /^AWS::(S3::BucketPolicy|SQS::QueuePolicy|SNS::TopicPolicy|SNS::Subscription)$/,
  /^AWS::(SecretsManager::ResourcePolicy|ECS::ClusterCapacityProviderAssociations)$/,
  /^Custom::(S3AutoDeleteObjects|VpcRestrictDefaultSG|LogRetention)$/,
];

function ignore(context: CloudContext, { type, logicalId }: TemplateResource): PhysicalResource {
  const name = context.template.physicalName(logicalId);
  const [, service = 'local', kind = 'resource'] = type.toLowerCase().split('::');
  const arn = stackArn(context, service, `${kind}/${name}`);
  return {
    ref: name,
    attributes: {},
    otherAttribute: (attribute) => (attribute.endsWith('Arn') ? arn : `${name}-${attribute}`),
  };
}

/** Creates everything of the template, each resource after those it refers to. */
export async function createResources(context: CloudContext): Promise<CloudContext> {
  const { template } = context;
  for (const resource of template.resources) {
    const { logicalId, type } = resource;
    const create = creators[type];
    if (!create) {
      const isIgnored = ignoredTypes.some((pattern) => pattern.test(type));
      if (!isIgnored) throw new Error(`${logicalId}: ${type} is not handled by the local cloud`);
      template.setPhysical(logicalId, ignore(context, resource));
      continue;
    }
    const properties = template.properties(resource);
    try {
      template.setPhysical(logicalId, await create(context, properties, resource));
    } catch (cause) {
      throw new Error(`${type} ${logicalId}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  }
  return context;
}
