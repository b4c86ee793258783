import * as z from 'zod';
import { limits } from '#contracts/limits.ts';
import { alarmStates } from '#contracts/recovery.ts';
import { alarmPrefix } from '#contracts/settings.ts';
import type { AlarmStates } from '#core/ports/alarm-states.ts';
import { callJsonService, type JsonServiceTarget } from '../client/json-service.ts';

/** Seconds since 1970, as the protocol has times. */
const seconds = z.number().optional();
const alarm = z.object({
  AlarmName: z.string(),
  StateValue: z.enum(alarmStates),
  StateReason: z.string().default(''),
  /** Of the state; the other also changes with the reason. Source: MetricAlarm, CloudWatch API reference. */
  StateTransitionedTimestamp: seconds,
  StateUpdatedTimestamp: seconds,
});
const described = z.object({
  MetricAlarms: z.array(alarm).default([]),
  CompositeAlarms: z.array(alarm).default([]),
});

/** CloudWatch's alarms, by one signed call; its client would be a sixth of the bundle. */
export function makeAlarmStates(target: JsonServiceTarget): AlarmStates {
  return {
    async read(name) {
      const AlarmNames = [name, `${alarmPrefix}${name}`];
      const { MetricAlarms, CompositeAlarms } = await callJsonService(target, {
        service: 'monitoring',
        operation: 'GraniteServiceVersion20100801.DescribeAlarms',
        input: { AlarmNames, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
        reply: described,
        version: '1.0',
      });
      const found = [...MetricAlarms, ...CompositeAlarms];
      const one = AlarmNames.map((wanted) => found.find(({ AlarmName }) => AlarmName === wanted)).find(
        (each) => each !== undefined,
      );
      if (!one) return undefined;
      const since = one.StateTransitionedTimestamp ?? one.StateUpdatedTimestamp;
      return {
        state: one.StateValue,
        reason: one.StateReason.slice(0, limits.alarmTextCharacters),
        ...(since === undefined ? {} : { sinceMs: Math.round(since * 1000) }),
      };
    },
  };
}
