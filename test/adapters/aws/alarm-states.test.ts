import { expect, test } from '@jest/globals';
import { makeAlarmStates } from '#adapters/aws/alarm-states.ts';
import { limits } from '#contracts/limits.ts';
import { startJsonService } from '../../fakes/json-service.ts';

const own = {
  AlarmName: 'Muster-QueueStuck',
  StateValue: 'ALARM',
  StateReason: 'x'.repeat(600),
  StateUpdatedTimestamp: 1_763_640_100.5,
  StateTransitionedTimestamp: 1_763_640_000.25,
};

test('one of our own alarms is found without its prefix, with what it says cut to its length [C5]', async () => {
  await using service = await startJsonService([{ MetricAlarms: [own], CompositeAlarms: [] }]);
  expect(await makeAlarmStates(service.target).read('QueueStuck')).toEqual({
    state: 'ALARM',
    reason: 'x'.repeat(limits.alarmTextCharacters),
    sinceMs: 1_763_640_000_250,
  });
  expect(service.asked).toEqual([
    {
      target: 'GraniteServiceVersion20100801.DescribeAlarms',
      body: {
        AlarmNames: ['QueueStuck', 'Muster-QueueStuck'],
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      },
    },
  ]);
});

test('an alarm that has the very name goes before ours, a composite one, too [C5]', async () => {
  const other = { AlarmName: 'QueueStuck', StateValue: 'OK' };
  await using service = await startJsonService([{ MetricAlarms: [own], CompositeAlarms: [other] }]);
  expect(await makeAlarmStates(service.target).read('QueueStuck')).toEqual({ state: 'OK', reason: '' });
});

test('an alarm that is not there is not there [C5]', async () => {
  await using service = await startJsonService([{ MetricAlarms: [], CompositeAlarms: [] }]);
  expect(await makeAlarmStates(service.target).read('shop-5xx')).toBeUndefined();
});
