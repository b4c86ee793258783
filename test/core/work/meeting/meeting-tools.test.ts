import { expect, test } from '@jest/globals';
import type { MeetingPayload } from '#contracts/plan.ts';
import { toolsOf } from '#core/work/meeting/meeting-tools.ts';
import { payloadOf } from './meeting-cloud.ts';

const allowed = ['type', 'description', 'enum', 'required', 'items', 'properties'];

/** Keywords anywhere in a schema; names of properties are none. */
function keywordsOf(schema: Record<string, unknown>): string[] {
  const { properties = {}, items } = schema as { properties?: object; items?: Record<string, unknown> };
  return [
    ...Object.keys(schema),
    ...Object.values(properties).flatMap(keywordsOf),
    ...(items ? keywordsOf(items) : []),
  ];
}

function schemaOf(payload: MeetingPayload, id: string, name: string) {
  const member = payload.members.find((one) => one.id === id) as MeetingPayload['members'][number];
  return toolsOf(payload, member).find((tool) => tool.name === name)?.inputSchema as unknown as Record<
    string,
    never
  >;
}

test('the schemas are small, and hold only what every provider takes [B1]', () => {
  const closing = schemaOf(payloadOf(), 'moderator', 'close_meeting');
  const speak = schemaOf(payloadOf(), 'critic', 'speak');
  for (const schema of [closing, speak]) {
    expect(keywordsOf(schema).filter((keyword) => !allowed.includes(keyword))).toEqual([]);
  }
  expect(JSON.stringify(closing).length).toBeLessThan(3_000);
  expect(JSON.stringify(speak).length).toBeLessThan(1_500);
});

test('the plan names owners, kinds and tools as there are [E1]', () => {
  const { properties } = schemaOf(payloadOf(), 'moderator', 'close_meeting') as never;
  const fields = (properties as never as { actions: { items: { properties: Record<string, never> } } })
    .actions.items.properties;
  expect(fields).toMatchObject({
    owner: { type: 'string', enum: ['deployer', 'evaluator', 'user'] },
    kind: { enum: ['decision', 'deployment', 'evaluation'] },
    priority: { enum: ['high', 'medium', 'low'] },
    checks: {
      items: {
        properties: {
          tool: { enum: ['run_evaluation'] },
          args: { type: 'object', properties: { model: { type: 'string' }, folds: { type: 'integer' } } },
        },
      },
    },
  });
});

test('without tools for checks, a plan cannot name any', () => {
  const closing = schemaOf(payloadOf({ checks: [] }), 'moderator', 'close_meeting');
  expect(JSON.stringify(closing)).not.toContain('checks');
});

test('arguments of two tools that disagree about a type are left to the tool', () => {
  const check = (name: string, type: string) => ({
    name,
    description: name,
    inputSchema: { type: 'object', properties: { at: { type }, only: { type } } },
  });
  const payload = payloadOf({ checks: [check('one', 'string'), check('two', 'integer')] });
  expect(JSON.stringify(schemaOf(payload, 'moderator', 'close_meeting'))).not.toContain('"anyOf"');
});
