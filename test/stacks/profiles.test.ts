import { describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { MusterStack } from '../../lib/stacks/muster-stack.ts';
import { readSettings } from '../../lib/stacks/read-settings.ts';
import { cdkContext, prodSettings, resourcesOf, synthesize } from './synthesize.ts';

const { access } = prodSettings;
const dev = Object.fromEntries(resourcesOf(synthesize()));
const prod = Object.fromEntries(resourcesOf(synthesize({ profile: 'prod', access })));

function protectionOf(given: object): boolean | undefined {
  const app = new App({ context: { ...cdkContext, 'aws:cdk:bundling-stacks': [] } });
  return new MusterStack(app, 'Muster', { settings: readSettings(given), teams: [] }).terminationProtection;
}

describe('a stack', () => {
  test('cannot be deleted by mistake in prod [D4]', () => {
    expect([protectionOf({}), protectionOf({ profile: 'prod', access })]).toEqual([false, true]);
  });
});

/** `Type.Property` of everything that is in both and not the same. */
function changes(): string[] {
  const found = Object.entries(prod).flatMap(([id, { Type, Properties = {} }]) => {
    const before = dev[id]?.Properties;
    if (!before) return [];
    const names = new Set([...Object.keys(before), ...Object.keys(Properties)]);
    return [...names]
      .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(Properties[name]))
      .map((name) => `${Type.replace('AWS::', '')}.${name}`);
  });
  return [...new Set(found)].sort();
}

describe('a deployed stack that goes from dev to prod', () => {
  test('loses nothing that it has', () => {
    expect(Object.keys(dev).filter((id) => !(id in prod))).toEqual([]);
  });

  // Each of these is changed in place ("Update requires: No interruption" in CloudFormation's reference).
  test('keeps every resource: what changes, changes in place', () => {
    expect(changes()).toEqual([
      'ApiGatewayV2::Stage.AccessLogSettings',
      'ApiGatewayV2::Stage.DefaultRouteSettings',
      'DynamoDB::GlobalTable.Replicas',
      'DynamoDB::GlobalTable.SSESpecification',
      'EC2::VPCEndpoint.RouteTableIds',
      'ECS::Cluster.ClusterSettings',
      'IAM::Policy.PolicyDocument',
      'Lambda::Function.Environment',
      'Lambda::Function.TracingConfig',
      'Logs::LogGroup.KmsKeyId',
      'Logs::LogGroup.RetentionInDays',
      'S3::Bucket.BucketEncryption',
      'S3::Bucket.LifecycleConfiguration',
      'S3::Bucket.LoggingConfiguration',
      'S3::Bucket.VersioningConfiguration',
      'SNS::Topic.KmsMasterKeyId',
      'SQS::Queue.KmsMasterKeyId',
      'SQS::Queue.SqsManagedSseEnabled',
      'SecretsManager::Secret.KmsKeyId',
      'StepFunctions::StateMachine.LoggingConfiguration',
      'StepFunctions::StateMachine.TracingConfiguration',
    ]);
  });
});
