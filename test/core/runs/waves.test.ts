import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { priorities, priorityRank } from '#contracts/priorities.ts';
import { makeWaves, type Plannable } from '#core/runs/waves.ts';

const high = (id: number, ...dependsOn: number[]): Plannable => ({ id, priority: 'high', dependsOn });
const medium = (id: number, ...dependsOn: number[]): Plannable => ({ id, priority: 'medium', dependsOn });
const low = (id: number, ...dependsOn: number[]): Plannable => ({ id, priority: 'low', dependsOn });
const idsOf = (actions: readonly Plannable[]) => makeWaves(actions).map((wave) => wave.actions);

test('high comes before medium before low, each wave by id [B4]', () => {
  expect(makeWaves([low(1), high(4), medium(3), high(2)])).toEqual([
    { priority: 'high', actions: [2, 4] },
    { priority: 'medium', actions: [3] },
    { priority: 'low', actions: [1] },
  ]);
});

test('within a priority, dependencies come first [B4]', () => {
  expect(idsOf([high(1, 2), high(2, 3), high(3), high(4), medium(5, 1)])).toEqual([[3, 4], [2], [1], [5]]);
});

test('what something depends on has its priority, also over others [B4]', () => {
  expect(makeWaves([low(1), medium(2, 1), high(3, 2), low(4), medium(5)])).toEqual([
    { priority: 'high', actions: [1] },
    { priority: 'high', actions: [2] },
    { priority: 'high', actions: [3] },
    { priority: 'medium', actions: [5] },
    { priority: 'low', actions: [4] },
  ]);
});

test('no actions are no waves, and a circle is refused by its name', () => {
  expect(makeWaves([])).toEqual([]);
  expect(() => makeWaves([high(1, 2), high(2, 1)])).toThrow(/circle: 1 → 2 → 1/);
});

/** Plans without circles, whose ids are in no order. */
const plan = fc
  .array(
    fc.record({ priority: fc.constantFrom(...priorities), parents: fc.array(fc.nat(), { maxLength: 4 }) }),
    {
      maxLength: 30,
    },
  )
  .chain((rows) =>
    fc
      .shuffledSubarray(
        rows.map((_, index) => index + 1),
        { minLength: rows.length },
      )
      .map((ids) =>
        rows.map(({ priority, parents }, index) => ({
          id: ids[index] as number,
          priority,
          dependsOn: index === 0 ? [] : [...new Set(parents.map((one) => ids[one % index] as number))],
        })),
      ),
  );

test('waves hold each action once, behind its dependencies, and priorities turn round only by inheritance [B4]', () => {
  fc.assert(
    fc.property(plan, (actions) => {
      const waves = idsOf(actions);
      const at = new Map(waves.flatMap((wave, index) => wave.map((id) => [id, index] as const)));
      const inWave = (id: number) => at.get(id) as number;
      expect(waves.flat().sort((a, b) => a - b)).toEqual(actions.map(({ id }) => id).sort((a, b) => a - b));
      for (const wave of waves) expect(wave).toEqual([...wave].sort((a, b) => a - b));
      for (const { id, dependsOn } of actions)
        for (const parent of dependsOn) expect(inWave(parent)).toBeLessThan(inWave(id));
      const reachable = (from: Plannable): Plannable[] =>
        actions
          .filter(({ dependsOn }) => dependsOn.includes(from.id))
          .flatMap((one) => [one, ...reachable(one)]);
      for (const earlier of actions)
        for (const later of actions) {
          const isInverted =
            inWave(earlier.id) <= inWave(later.id) &&
            priorityRank(earlier.priority) > priorityRank(later.priority);
          if (!isInverted) continue;
          const ranks = reachable(earlier).map(({ priority }) => priorityRank(priority));
          expect(Math.min(...ranks)).toBeLessThanOrEqual(priorityRank(later.priority));
        }
    }),
    { numRuns: 300 },
  );
});

test('the order in which a plan lists its actions does not matter', () => {
  fc.assert(
    fc.property(plan, (actions) => {
      expect(makeWaves(actions.toReversed())).toEqual(makeWaves(actions));
    }),
  );
});
