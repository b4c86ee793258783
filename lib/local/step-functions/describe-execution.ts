import type { JsonObject } from '../json.ts';
import { toMetricLine } from '../metric-line.ts';
import type { Ended, Execution } from './executions.ts';

/** As `ListExecutions` has it. */
export function listExecution({
  arn,
  machineArn,
  name,
  status,
  startedAtMs,
  stoppedAtMs,
}: Execution): object {
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startedAtMs / 1000,
    stopDate: stoppedAtMs === undefined ? undefined : stoppedAtMs / 1000,
  };
}

/** As `DescribeExecution` has it. */
export function describeExecution(execution: Execution): object {
  const { input, output, error, cause } = execution;
  const included = { included: true };
  return {
    ...listExecution(execution),
    input,
    inputDetails: included,
    ...(output !== undefined && { output, outputDetails: included }),
    error,
    cause,
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
  };
}

/** The detail of an `Execution Status Change` event, which has its times in milliseconds. */
export function toStatusChange(execution: Ended): JsonObject {
  const { arn, machineArn, name, status, input, output, error, cause } = execution;
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: execution.startedAtMs,
    stopDate: execution.stoppedAtMs ?? null,
    input,
    output: output ?? null,
    error: error ?? null,
    cause: cause ?? null,
  };
}

const metricNames = {
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
} as const satisfies Record<Ended['status'], string>;

/** What AWS/States counts of an end, as a line in the embedded metric format. */
export function toEndLine({ machineArn, status, stoppedAtMs = Date.now() }: Ended): string {
  const dimensions = { StateMachineArn: machineArn };
  return toMetricLine({
    ...{ namespace: 'AWS/States', name: metricNames[status], dimensions, value: 1, atMs: stoppedAtMs },
  });
}
