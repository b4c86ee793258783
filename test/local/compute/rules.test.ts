import { describe, expect, test } from '@jest/globals';
import { matchesPattern, requireKnownPattern } from '../../../lib/local/event-pattern.ts';
import { failedMessages } from '../../../lib/local/event-source.ts';
import type { Json } from '../../../lib/local/json.ts';
import { makeRules, periodOf, ruleProperties } from '../../../lib/local/rules.ts';
import { until } from './harness.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
const event: Json = {
  source: 'aws.ecs',
  'detail-type': 'Change',
  detail: { status: 'STOPPED', tags: ['a', 'b'] },
};

function makeRecordingRules(tickOverrideMs?: number) {
  const sent: Json[] = [];
  const invokeAsync = (_arn: string, input: Json): void => void sent.push(input);
  const place = { region: 'us-east-1', accountId: '000000000000' };
  const rules = makeRules({
    ...place,
    invokeAsync,
    ...(tickOverrideMs === undefined ? {} : { tickOverrideMs }),
  });
  return { sent, rules };
}

describe('an event pattern', () => {
  test.each<[string, Json, boolean]>([
    ['matches an exact value', { source: ['aws.ecs'] }, true],
    ['matches any of its values', { detail: { status: ['RUNNING', 'STOPPED'] } }, true],
    ['matches a prefix', { source: [{ prefix: 'aws.' }] }, true],
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
    rules.publish(event);
    rules.publish({ source: 'aws.s3' });
    expect(sent).toEqual([event]);
  });

  test('fills its input from the event', () => {
    const { sent, rules } = makeRecordingRules();
    const InputTransformer = {
      InputPathsMap: { status: '$.detail.status', tags: '$.detail.tags' },
      InputTemplate: '{"status":"<status>","tags":<tags>,"text":"it is <status>"}',
    };
    const Targets = [{ Arn: functionArn, InputTransformer }];
    rules.addRule('arn', ruleProperties.parse({ EventPattern: { source: ['aws.ecs'] }, Targets }));
    rules.publish(event);
    expect(sent).toEqual([{ status: 'STOPPED', tags: ['a', 'b'], text: 'it is STOPPED' }]);
  });

  test('on a schedule ticks until it is closed', async () => {
    const { sent, rules } = makeRecordingRules(5);
    const Targets = [{ Arn: functionArn, Input: '{"tick":1}' }];
    rules.addRule('arn', ruleProperties.parse({ ScheduleExpression: 'rate(1 minute)', Targets }));
    rules.addRule(
      'off',
      ruleProperties.parse({ ScheduleExpression: 'rate(1 minute)', Targets, State: 'DISABLED' }),
    );
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
