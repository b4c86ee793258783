import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { cycleDefinition } from '#contracts/cycle-definition.ts';
import { cycleEnds } from '#contracts/run-states.ts';

/** It brings no types. */
const validate = createRequire(import.meta.url)('asl-validator') as (definition: object) => {
  isValid: boolean;
  errorsText(): string;
};

const definition = cycleDefinition('arn:aws:lambda:eu-central-1:123456789012:function:steps');
type Top = {
  States: Record<string, { Type: string; Choices?: { Next: string }[]; Error?: string; Cause?: string }>;
};
const { States } = definition as unknown as Top;

describe('the state machine of a cycle', () => {
  test('is valid Amazon States Language', () => {
    const { isValid, errorsText } = validate(definition);
    expect([isValid, isValid ? '' : errorsText()]).toEqual([true, '']);
  });

  test('would be refused if it led nowhere, so the validator does look', () => {
    const { isValid } = validate({ ...definition, StartAt: 'Nowhere' });
    expect(isValid).toBe(false);
  });

  test.each(Object.entries(cycleEnds))(
    'can end as %s, in the colour that tells the truth',
    (end, { good, says }) => {
      expect(States.End?.Choices).toContainEqual(expect.objectContaining({ Next: end }));
      expect(States[end]).toMatchObject(
        good ? { Type: 'Succeed' } : { Type: 'Fail', Error: end, Cause: says },
      );
    },
  );
});
