import type { AwsPrices } from '#contracts/aws-prices.ts';
import type { IdleQuantity } from './idle-quantity.ts';

type Standing = Pick<IdleQuantity, 'item' | 'unit' | 'free'> & {
  /** Of one such resource in a month. */
  unitUsd(prices: AwsPrices): number;
  /** As how many it is billed. Default 1. */
  weigh?(properties: Readonly<Record<string, unknown>>): number;
};

/** Bills by use alone. */
const byUse = undefined;

/** What each type of resource costs a month for existing. A type that is not here has no price: that is a fault. */
export const standingPrices: Readonly<Record<string, Standing | undefined>> = {
  'AWS::SecretsManager::Secret': {
    item: 'Secrets Manager: secrets',
    unit: 'secrets',
    unitUsd: ({ secretMonth }) => secretMonth,
  },
  'AWS::KMS::Key': { item: 'KMS: keys', unit: 'keys', unitUsd: ({ kmsKeyMonth }) => kmsKeyMonth },
  'AWS::CloudWatch::Alarm': {
    item: 'CloudWatch: alarms',
    unit: 'alarms',
    free: 'alarms',
    unitUsd: ({ alarmMonth }) => alarmMonth,
    // One that learns what is usual watches the metric and both edges of a band.
    weigh: ({ ThresholdMetricId }) => (ThresholdMetricId === undefined ? 1 : 3),
  },
  'AWS::CloudWatch::Dashboard': {
    item: 'CloudWatch: dashboards',
    unit: 'dashboards',
    free: 'dashboards',
    unitUsd: ({ dashboardMonth }) => dashboardMonth,
  },
  'AWS::EC2::NatGateway': {
    item: 'NAT gateway',
    unit: 'gateways',
    unitUsd: ({ natHour, hoursPerMonth }) => natHour * hoursPerMonth,
  },
  'AWS::EC2::EIP': {
    item: 'public IPv4 of the NAT gateway',
    unit: 'addresses',
    unitUsd: ({ publicIpv4Hour, hoursPerMonth }) => publicIpv4Hour * hoursPerMonth,
  },
  'AWS::Budgets::BudgetsAction': {
    item: 'AWS Budgets: budgets with an action',
    unit: 'budgets',
    free: 'budgetActions',
    unitUsd: ({ budgetActionDay }) => budgetActionDay * 30.4,
  },
  'AWS::ApiGateway::Account': byUse,
  'AWS::ApiGatewayV2::Api': byUse,
  'AWS::ApiGatewayV2::Authorizer': byUse,
  'AWS::ApiGatewayV2::Deployment': byUse,
  'AWS::ApiGatewayV2::Integration': byUse,
  'AWS::ApiGatewayV2::Route': byUse,
  'AWS::ApiGatewayV2::Stage': byUse,
  'AWS::Budgets::Budget': byUse,
  'AWS::DynamoDB::GlobalTable': byUse,
  'AWS::EC2::FlowLog': byUse,
  'AWS::EC2::InternetGateway': byUse,
  'AWS::EC2::Route': byUse,
  'AWS::EC2::RouteTable': byUse,
  'AWS::EC2::SecurityGroup': byUse,
  'AWS::EC2::Subnet': byUse,
  'AWS::EC2::SubnetRouteTableAssociation': byUse,
  'AWS::EC2::VPC': byUse,
  'AWS::EC2::VPCEndpoint': byUse,
  'AWS::EC2::VPCGatewayAttachment': byUse,
  'AWS::ECS::Cluster': byUse,
  'AWS::ECS::ClusterCapacityProviderAssociations': byUse,
  'AWS::ECS::TaskDefinition': byUse,
  'AWS::Events::Rule': byUse,
  'AWS::IAM::ManagedPolicy': byUse,
  'AWS::IAM::Policy': byUse,
  'AWS::IAM::Role': byUse,
  'AWS::KMS::Alias': byUse,
  'AWS::Lambda::EventInvokeConfig': byUse,
  'AWS::Lambda::EventSourceMapping': byUse,
  'AWS::Lambda::Function': byUse,
  'AWS::Lambda::Permission': byUse,
  'AWS::Logs::LogGroup': byUse,
  'AWS::Logs::QueryDefinition': byUse,
  'AWS::S3::Bucket': byUse,
  'AWS::S3::BucketPolicy': byUse,
  'AWS::SNS::Subscription': byUse,
  'AWS::SNS::Topic': byUse,
  'AWS::SNS::TopicPolicy': byUse,
  'AWS::SQS::Queue': byUse,
  'AWS::SQS::QueuePolicy': byUse,
  'AWS::StepFunctions::StateMachine': byUse,
};
