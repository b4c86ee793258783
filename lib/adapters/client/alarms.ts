import * as z from 'zod';
import { alarmPrefix } from '#contracts/settings.ts';
import type { ApiTarget } from './find-api.ts';
import { callJsonService } from './json-service.ts';

const states = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;

const described = z.object({
  MetricAlarms: z.array(
    z.object({
      AlarmName: z.string(),
      AlarmDescription: z.string().default(''),
      StateValue: z.enum(states),
      StateReason: z.string().default(''),
      AlarmActions: z.array(z.string()).default([]),
    }),
  ),
});

export interface AlarmView {
  /** Without the prefix that all of them have. */
  name: string;
  state: (typeof states)[number];
  reason: string;
  description: string;
  actions: string[];
}

const target = 'GraniteServiceVersion20100801';

/** All alarms of the deployment: fewer than the hundred that one page holds. */
export async function listAlarms(api: ApiTarget): Promise<AlarmView[]> {
  const { MetricAlarms } = await callJsonService(api, {
    service: 'monitoring',
    operation: `${target}.DescribeAlarms`,
    input: { AlarmNamePrefix: alarmPrefix },
    reply: described,
    version: '1.0',
  });
  return MetricAlarms.map((alarm) => ({
    name: alarm.AlarmName.slice(alarmPrefix.length),
    state: alarm.StateValue,
    reason: alarm.StateReason,
    description: alarm.AlarmDescription,
    actions: alarm.AlarmActions,
  }));
}

/** Lets an alarm ring until it is judged again, which CloudWatch does within a minute. */
export async function ringAlarm(api: ApiTarget, name: string, reason: string): Promise<void> {
  await callJsonService(api, {
    service: 'monitoring',
    operation: `${target}.SetAlarmState`,
    input: { AlarmName: `${alarmPrefix}${name}`, StateValue: 'ALARM', StateReason: reason },
    reply: z.object({}),
    version: '1.0',
  });
}
