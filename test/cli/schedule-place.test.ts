import { expect, test } from '@jest/globals';
import { withScheduleId } from '../../lib/cli/schedule/schedule-place.ts';
import { AppError } from '../../lib/contracts/errors.ts';

const unknown = async (id: string) => {
  throw new AppError('not_found', `there is no schedule "${id}"`, { remedy: 'muster schedule list' });
};

test('a schedule that there is not is named as it was typed', async () => {
  await expect(withScheduleId('monday', { project: 'shop' }, unknown)).rejects.toMatchObject({
    code: 'not_found',
    message: 'there is no schedule "monday" in project "shop"',
    remedy: 'muster schedule list',
  });
  const id = 'schedule-0123456789abcdef';
  await expect(withScheduleId(id, {}, unknown)).rejects.toMatchObject({
    message: `there is no schedule "${id}"`,
  });
});

test('a schedule is found by its name, whose id is the same each time and another in another project', async () => {
  const idIn = (project: string) => withScheduleId('monday', { project }, async (id) => id);
  expect(await idIn('shop')).toMatch(/^schedule-[0-9a-f]{16}$/);
  expect(await idIn('shop')).toBe(await idIn('shop'));
  expect(await idIn('shop')).not.toBe(await idIn('web'));
});
