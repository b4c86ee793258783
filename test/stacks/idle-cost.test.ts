import { describe, expect, test } from '@jest/globals';
import { resourcesOf, synthesize } from './synthesize.ts';

/** USD a month for existing, in us-east-1; 0 for what bills by use alone. A type that is not here fails the test. */
const standingUsd: Record<string, number> = {
  'AWS::SecretsManager::Secret': 0.4,
  'AWS::CloudWatch::Alarm': 0.1,
  'AWS::EC2::NatGateway': 32.85,
  'AWS::EC2::EIP': 3.65,
  'AWS::ApiGatewayV2::Api': 0,
  'AWS::ApiGatewayV2::Integration': 0,
  'AWS::ApiGatewayV2::Route': 0,
  'AWS::ApiGatewayV2::Stage': 0,
  'AWS::DynamoDB::GlobalTable': 0,
  'AWS::EC2::InternetGateway': 0,
  'AWS::EC2::Route': 0,
  'AWS::EC2::RouteTable': 0,
  'AWS::EC2::SecurityGroup': 0,
  'AWS::EC2::Subnet': 0,
  'AWS::EC2::SubnetRouteTableAssociation': 0,
  'AWS::EC2::VPC': 0,
  'AWS::EC2::VPCEndpoint': 0,
  'AWS::EC2::VPCGatewayAttachment': 0,
  'AWS::ECS::Cluster': 0,
  'AWS::ECS::TaskDefinition': 0,
  'AWS::Events::Rule': 0,
  'AWS::IAM::Policy': 0,
  'AWS::IAM::Role': 0,
  'AWS::Lambda::EventInvokeConfig': 0,
  'AWS::Lambda::EventSourceMapping': 0,
  'AWS::Lambda::Function': 0,
  'AWS::Lambda::Permission': 0,
  'AWS::Logs::LogGroup': 0,
  'AWS::S3::Bucket': 0,
  'AWS::S3::BucketPolicy': 0,
  'AWS::SNS::Topic': 0,
  'AWS::SNS::TopicPolicy': 0,
  'AWS::SQS::Queue': 0,
  'AWS::SQS::QueuePolicy': 0,
  'AWS::StepFunctions::StateMachine': 0,
};

const ticksPerMonth = 43_800;

/** What goes on while nobody submits anything: prices of 2026-08, and what an account has for nothing. */
const idleUse = [
  {
    what: 'reconciler, 0.2 s of 0.5 GB a tick',
    usd: ticksPerMonth * (0.2e-6 + 0.1 * 13.3334e-6),
    freeTier: true,
  },
  { what: 'event source polling, 5 pollers each 20 s', usd: 648_000 * 0.4e-6, freeTier: true },
  { what: 'two metrics of the reconciler', usd: 2 * 0.3, freeTier: true },
  {
    // Ten queries of a half, and the slots of two lanes twice, consistently.
    what: 'reading indexes and slots, 18 half units a tick',
    usd: ticksPerMonth * 18 * 0.5 * 0.125e-6,
    freeTier: false,
  },
  { what: 'logs, 1 KB a tick', usd: (ticksPerMonth / 1e6) * 0.5, freeTier: true },
  { what: 'the worker image in ECR, 0.5 GB compressed', usd: 0.05, freeTier: false },
  { what: 'functions and old bundles in the bootstrap bucket, 0.1 GB', usd: 0.0023, freeTier: false },
] as const;

function standing(given: object, freeAlarms: number): number {
  const resources = resourcesOf(synthesize(given));
  const unknown = resources.filter(([, { Type }]) => standingUsd[Type] === undefined);
  expect(unknown.map(([, { Type }]) => Type)).toEqual([]);
  const sum = resources.reduce((usd, [, { Type }]) => usd + (standingUsd[Type] ?? 0), 0);
  const alarms = resources.filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm').length;
  return sum - Math.min(alarms, freeAlarms) * 0.1;
}

function idle(given: object, hasFreeTier: boolean): number {
  const use = idleUse.filter(({ freeTier }) => !(hasFreeTier && freeTier));
  return standing(given, hasFreeTier ? 10 : 0) + use.reduce((usd, { usd: each }) => usd + each, 0);
}

describe('an idle deployment', () => {
  test('bills nothing for existing but the secret, within the free alarms', () => {
    expect(standing({}, 10)).toBeCloseTo(0.4, 6);
  });

  test('costs less than a dollar a month within the free tier [A2] [D8]', () => {
    expect(idle({}, true)).toBeCloseTo(0.5, 2);
  });

  test('costs two and a half without it', () => {
    expect(idle({}, false)).toBeCloseTo(2.35, 2);
  });

  test('pays for a NAT when settings ask for a private network, and says so in its figure', () => {
    expect(idle({ network: 'private' }, true)).toBeCloseTo(0.49 + 32.85 + 3.65, 1);
  });

  test('gets no table with capacity that is paid by the hour [D8]', () => {
    const modes = resourcesOf(synthesize(), 'AWS::DynamoDB::GlobalTable').map(
      ([, t]) => t.Properties.BillingMode,
    );
    expect(modes).toEqual(['PAY_PER_REQUEST']);
  });
});
