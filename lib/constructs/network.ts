import { Validations } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  type SubnetConfiguration,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { Logs } from './logs.ts';

export interface NetworkProps {
  readonly settings: Settings;
}

/** 1,019 addresses per subnet: room for the 500 workers that settings allow, in either zone. */
const cidrMask = 22;

/**
 * Of a private network. In `prod` one in each zone: a zone that fails must not cut off the workers of the other. In `dev`
 * one for both, at half the price.
 */
const nats = { dev: 1, prod: 2 } as const;

/** A network for workers alone: nothing listens in it, and they reach the internet by TLS only. */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly workers: SecurityGroup;
  /** Where workers run. */
  readonly subnets: SubnetSelection;
  /** Whether a worker needs a public address to get out (there is no NAT). */
  readonly assignPublicIp: boolean;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { settings } = props;
    const isPublic = settings.network === 'public';
    this.assignPublicIp = isPublic;
    this.subnets = { subnetType: isPublic ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS };
    this.vpc = makeVpc(this, settings);
    this.workers = makeWorkerGroup(this, this.vpc);
    if (settings.profile === 'prod') addFlowLog(this, this.vpc, settings);
    else acknowledgeMissingFlowLog(this.vpc);
  }
}

function makeVpc(scope: Construct, settings: Settings): Vpc {
  const isPublic = settings.network === 'public';
  const subnets: SubnetConfiguration[] = [
    // Workers ask for their public address themselves; nothing else gets one.
    { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask, mapPublicIpOnLaunch: false },
  ];
  if (!isPublic) subnets.push({ name: 'Private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask });
  return new Vpc(scope, 'Vpc', {
    maxAzs: 2,
    natGateways: isPublic ? 0 : nats[settings.profile],
    ipAddresses: IpAddresses.cidr('10.73.0.0/20'),
    subnetConfiguration: subnets,
    // It would deploy a custom resource with a function of its own. Nothing is ever put into the default group.
    restrictDefaultSecurityGroup: false,
    // Free, and without a policy on purpose: images come from ECR's own bucket
    // (prod-<region>-starport-layer-bucket), and agents may read public data sets that lie in S3.
    gatewayEndpoints: {
      S3: { service: GatewayVpcEndpointAwsService.S3 },
      DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
    },
  });
}

function makeWorkerGroup(scope: Construct, vpc: Vpc): SecurityGroup {
  const group = new SecurityGroup(scope, 'Workers', {
    vpc,
    description: 'Workers: nothing comes in, TLS goes out',
    allowAllOutbound: false,
  });
  group.addEgressRule(
    Peer.anyIpv4(),
    Port.tcp(443),
    'Model providers, the control plane, AWS, git over HTTPS',
  );
  return group;
}

function addFlowLog(scope: Construct, vpc: Vpc, settings: Settings): void {
  const { group } = new Logs(scope, 'FlowLogs', { settings });
  // Accepted traffic is what agents do all day, at 0.50 USD per GB; what was refused is what is worth a look.
  vpc.addFlowLog('Refused', {
    destination: FlowLogDestination.toCloudWatchLogs(group),
    trafficType: FlowLogTrafficType.REJECT,
  });
}

function acknowledgeMissingFlowLog(vpc: Vpc): void {
  Validations.of(vpc).acknowledge({
    id: 'AwsSolutions-VPC7',
    reason:
      'Development: nothing listens in this network and logs cost per GB. The prod profile has flow logs.',
  });
}
