import { describe, expect, test } from '@jest/globals';
import { failedMessages } from '../../../lib/local/event-source.ts';
import type { Json } from '../../../lib/local/json.ts';
import {
  makeRules,
  matchesPattern,
  periodOf,
  requireKnownPattern,
  ruleProperties,
} from '../../../lib/local/rules.ts';
import { until } from './harness.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
const event: Json = {
  source: 'aws.ecs',
  'detail-type': 'Change',
  detail: { status: 'STOPPED', tags: ['a', 'b'] },
};

function makeRecordingRules(tickMs?: number) {
  const sent: Json[] = [];
  return { sent, rules: makeRules({ invokeAsync: (_arn, input) => void sent.push(input), tickMs }) };
}

describe('an event pattern', () => {
  test.each<[string, Json, boolean]>([
    ['matches an exact value', { source: ['aws.ecs'] }, true],
    ['matches any of its values', { detail: { status: ['RUNNING', 'STOPPED'] } }, true],
    ['matches one of a list in the event', { detail: { tags: ['b'] } }, true],
    ['needs every key', { source: ['aws.ecs'], detail: { status: ['RUNNING'] } }, false],
    ['needs the key to exist', { detail: { cluster: ['x'] } }, false],
  ])('%s', (_name, pattern, expected) => {
    expect(matchesPattern(pattern, event)).toBe(expected);
  });

  test('with an operator that is not known is refused when it is loaded', () => {
    expect(() => requireKnownPattern({ detail: { n: [{ numeric: ['>', 1] }] } })).toThrow(
      'EventPattern.detail.n: {"numeric":[">",1]} is not handled',
    );
  });
});

describe('a rule', () => {
  test('hands a matching event to its function, and no other', () => {
    const { sent, rules } = makeRecordingRules();
    rules.addRule(
      'arn',
      ruleProperties.parse({ EventPattern: { source: ['aws.ecs'] }, Targets: [{ Arn: functionArn }] }),
    );
    rules.publish('aws.ecs', 'Change', 'arn:of:task', { status: 'STOPPED' });
    rules.publish('aws.s3', 'Change', 'arn:of:object', {});
    expect(sent).toEqual([
      expect.objectContaining({
        source: 'aws.ecs',
        'detail-type': 'Change',
        resources: ['arn:of:task'],
        detail: { status: 'STOPPED' },
      }),
    ]);
  });

  test('with an input that would have to be composed is refused', () => {
    const Targets = [{ Arn: functionArn, InputTransformer: { InputTemplate: '<a>' } }];
    expect(() => ruleProperties.parse({ Targets })).toThrow('InputTransformer is not handled');
  });

  test('on a schedule ticks until it is closed', async () => {
    const { sent, rules } = makeRecordingRules(5);
    const Targets = [{ Arn: functionArn, Input: '{"tick":1}' }];
    rules.addRule('arn', ruleProperties.parse({ ScheduleExpression: 'rate(1 minute)', Targets }));
    rules.start();
    await until('two ticks', () => (sent.length >= 2 ? true : undefined));
    rules.close();
    expect(sent[0]).toEqual({ tick: 1 });
  });

  test('has a period in minutes, hours or days, and nothing else', () => {
    expect(periodOf('rate(5 minutes)')).toBe(300_000);
    expect(periodOf('rate(1 hour)')).toBe(3_600_000);
    expect(() => periodOf('cron(0 12 * * ? *)')).toThrow('use rate(N minutes|hours|days)');
  });
});

describe('a batch report', () => {
  const batch = new Set(['m1', 'm2']);
  test.each<[string, string, ReadonlySet<string> | 'all']>([
    ['null means success', 'null', new Set()],
    ['an empty list means success', '{"batchItemFailures":[]}', new Set()],
    ['names what failed', '{"batchItemFailures":[{"itemIdentifier":"m2"}]}', new Set(['m2'])],
    ['that names a stranger fails the batch', '{"batchItemFailures":[{"itemIdentifier":"m3"}]}', 'all'],
    ['without an identifier fails the batch', '{"batchItemFailures":[{"id":"m1"}]}', 'all'],
  ])('%s', (_name, payload, expected) => {
    expect(failedMessages(payload, batch)).toEqual(expected);
  });
});
