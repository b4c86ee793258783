import { describe, expect, test } from '@jest/globals';
import { prodSettings, propertiesOf, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
const withNat = synthesize({ network: 'private' });

describe('the network', () => {
  test('lets nothing in, and TLS out [D4]', () => {
    const group = propertiesOf(dev, 'AWS::EC2::SecurityGroup');
    expect(group.SecurityGroupIngress).toBeUndefined();
    expect(group.SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }),
    ]);
    expect(resourcesOf(dev, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });

  test('spans two zones without naming any, so that synth asks nobody', () => {
    const zones = resourcesOf(dev, 'AWS::EC2::Subnet').map(
      ([, subnet]) => subnet.Properties.AvailabilityZone,
    );
    expect(zones).toEqual([0, 1].map((n) => ({ 'Fn::Select': [n, { 'Fn::GetAZs': '' }] })));
  });

  test('reaches S3 and DynamoDB by free endpoints that leave ECR’s image layers reachable', () => {
    const endpoints = resourcesOf(dev, 'AWS::EC2::VPCEndpoint').map(([, endpoint]) => endpoint.Properties);
    expect(endpoints.map((endpoint) => [endpoint.VpcEndpointType, endpoint.PolicyDocument])).toEqual([
      ['Gateway', undefined],
      ['Gateway', undefined],
    ]);
  });

  test('has no NAT when it is public: workers ask for an address of their own', () => {
    expect(resourcesOf(dev, 'AWS::EC2::NatGateway')).toEqual([]);
    expect(propertiesOf(dev, 'AWS::Lambda::Function', 'FunctionsDispatcher')).toMatchObject({
      Environment: {
        Variables: {
          ASSIGN_PUBLIC_IP: 'ENABLED',
          SUBNET_IDS: '<NetworkVpcPublicSubnet1Subnet>,<NetworkVpcPublicSubnet2Subnet>',
        },
      },
    });
  });

  test('has one NAT when it is private, and workers have no public address', () => {
    expect(resourcesOf(withNat, 'AWS::EC2::NatGateway')).toHaveLength(1);
    expect(propertiesOf(withNat, 'AWS::Lambda::Function', 'FunctionsDispatcher')).toMatchObject({
      Environment: {
        Variables: {
          ASSIGN_PUBLIC_IP: 'DISABLED',
          SUBNET_IDS: '<NetworkVpcPrivateSubnet1Subnet>,<NetworkVpcPrivateSubnet2Subnet>',
        },
      },
    });
  });

  test('is private in prod, with a NAT in each zone: one that fails cuts off nobody else [D8] [D4]', () => {
    const { access } = prodSettings;
    const prod = synthesize({ profile: 'prod', access });
    const zones = resourcesOf(prod, 'AWS::EC2::NatGateway').map(([, { Properties }]) => Properties.SubnetId);
    expect(zones).toEqual(['<NetworkVpcPublicSubnet1Subnet>', '<NetworkVpcPublicSubnet2Subnet>']);
    const open = synthesize({ profile: 'prod', access, network: 'public' });
    expect(resourcesOf(open, 'AWS::EC2::NatGateway')).toEqual([]);
  });

  test('gives no address to what does not ask for one', () => {
    const subnets = resourcesOf(dev, 'AWS::EC2::Subnet');
    expect(subnets.map(([, subnet]) => subnet.Properties.MapPublicIpOnLaunch)).toEqual([false, false]);
  });

  test('logs refused connections in prod', () => {
    expect(propertiesOf(synthesize(prodSettings), 'AWS::EC2::FlowLog').TrafficType).toBe('REJECT');
    expect(resourcesOf(dev, 'AWS::EC2::FlowLog')).toEqual([]);
  });
});
