import { describe, expect, test } from '@jest/globals';
import { prodSettings, propertiesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();

function taskOf(given: object = {}): Record<string, unknown> {
  return propertiesOf(synthesize(given), 'AWS::ECS::TaskDefinition');
}

function containerOf(given: object = {}): Record<string, unknown> {
  const [container] = taskOf(given).ContainerDefinitions as Record<string, unknown>[];
  return container ?? {};
}

describe('a worker', () => {
  test('has 1 vCPU and 2 GB unless a job asks for another size [D8]', () => {
    expect(taskOf()).toMatchObject({ Cpu: '1024', Memory: '2048', RequiresCompatibilities: ['FARGATE'] });
    expect(containerOf()).toMatchObject({ Cpu: 1024, Memory: 2048 });
  });

  test('runs on the architecture that settings name', () => {
    expect(taskOf().RuntimePlatform).toMatchObject({ CpuArchitecture: 'ARM64' });
    expect(taskOf({ architecture: 'x86_64' }).RuntimePlatform).toMatchObject({ CpuArchitecture: 'X86_64' });
  });

  test('has two minutes between SIGTERM and SIGKILL', () => {
    expect(containerOf().StopTimeout).toBe(120);
  });

  test('has an init process, which reaps what tools leave behind', () => {
    expect(containerOf().LinuxParameters).toMatchObject({ InitProcessEnabled: true });
  });

  test('learns the address of the API and nothing else from its task definition [D4]', () => {
    expect(containerOf()).toMatchObject({
      Environment: [{ Name: 'MUSTER_API_URL', Value: '<Api.ApiEndpoint>' }],
    });
    expect(containerOf().Secrets).toBeUndefined();
  });

  test('is never held up by a slow log service', () => {
    expect(containerOf().LogConfiguration).toMatchObject({
      LogDriver: 'awslogs',
      Options: {
        'awslogs-group': '<WorkerLogsGroup>',
        'awslogs-stream-prefix': 'worker',
        mode: 'non-blocking',
      },
    });
  });

  test('writes a log stream of its own, which the API can name [A3]', () => {
    expect(propertiesOf(dev, 'AWS::Lambda::Function', 'FunctionsOrchestrator')).toMatchObject({
      Environment: {
        Variables: { WORKER_LOG_GROUP: '<WorkerLogsGroup>', WORKER_LOG_PREFIX: 'worker/worker' },
      },
    });
  });

  test('is watched by Container Insights in prod only', () => {
    const setting = (given: object) => propertiesOf(synthesize(given), 'AWS::ECS::Cluster').ClusterSettings;
    expect(setting({})).toEqual([{ Name: 'containerInsights', Value: 'disabled' }]);
    expect(setting(prodSettings)).toEqual([{ Name: 'containerInsights', Value: 'enabled' }]);
  });
});
