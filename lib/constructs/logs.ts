import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { customerKey } from './customer-key.ts';

export interface LogsProps {
  readonly settings: Settings;
}

/** A log group whose entries expire; in the prod profile the group outlives the stack. */
export class Logs extends Construct {
  readonly group: LogGroup;

  constructor(scope: Construct, id: string, props: LogsProps) {
    super(scope, id);
    const { logRetentionDays, profile } = props.settings;
    this.group = new LogGroup(this, 'Group', {
      // The enum's values are days, and the settings allow only days that are among them.
      encryptionKey: customerKey(this, props.settings),
      retention: logRetentionDays satisfies RetentionDays,
      removalPolicy: profile === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
