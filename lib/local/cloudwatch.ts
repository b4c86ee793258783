import type { LocalService } from './service.ts';

export interface CloudWatchOptions {
  region?: string;
  accountId?: string;
  now?(): number;
}

export interface CloudWatch extends LocalService {
  /** Takes data points from a line in the embedded metric format; other lines are ignored. */
  ingestLogLine(functionName: string, line: string): void;
  /** For AWS's own metrics (`AWS/Lambda` Errors …), which the local services emit themselves. */
  putMetric(metric: { namespace: string; name: string; dimensions: Record<string, string>; value: number; unit?: string }): void;
  /** Takes the resolved properties of `AWS::CloudWatch::Alarm`. */
  ensureAlarm(logicalId: string, properties: Record<string, unknown>): { arn: string; name: string };
}

export async function startCloudWatch(_options: CloudWatchOptions = {}): Promise<CloudWatch> {
  throw new Error('not yet');
}
