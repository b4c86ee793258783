import { expect, it } from '@jest/globals';
import { startMs } from '../../fakes/job-rows.ts';
import { describePorts } from './contract.ts';

const place = { project: 'default', scope: 'job-1' };
const write = (key: string, text: string, expectedVersion: number) => ({
  key,
  text,
  expectedVersion,
  expiresAtMs: startMs + 90 * 86_400_000,
});

describePorts('the notes of a scope', (ports) => {
  it('begin at version 1 and go up by one with every write', async () => {
    const { notes } = ports();
    expect(await notes.get(place, 'plan')).toBeUndefined();
    expect(await notes.put(place, write('plan', 'first', 0))).toBe(true);
    expect(await notes.put(place, write('plan', 'second', 1))).toBe(true);
    expect(await notes.get(place, 'plan')).toEqual({ text: 'second', version: 2 });
  });

  it('are left as they are by a write that expects another version', async () => {
    const { notes } = ports();
    expect(await notes.put(place, write('plan', 'out of nothing', 1))).toBe(false);
    await notes.put(place, write('plan', 'first', 0));
    expect(await notes.put(place, write('plan', 'anew', 0))).toBe(false);
    expect(await notes.put(place, write('plan', 'ahead', 2))).toBe(false);
    expect(await notes.get(place, 'plan')).toEqual({ text: 'first', version: 1 });
  });

  it('have one winner when several write over the same version at once', async () => {
    const { notes } = ports();
    const writes = ['a', 'b', 'c', 'd'].map((text) => notes.put(place, write('plan', text, 0)));
    expect((await Promise.all(writes)).filter((written) => written)).toHaveLength(1);
  });

  it('are listed by key, also over more than a page of long ones', async () => {
    const { notes } = ports();
    for (let n = 30; n > 0; n--)
      await notes.put(place, write(`n${String(n).padStart(2, '0')}`, '€'.repeat(16_384), 0));
    const listed = await notes.list(place);
    expect(listed).toHaveLength(30);
    expect(listed[0]).toEqual({ key: 'n01', version: 1, characters: 16_384 });
  });

  it('are not those of another scope or project', async () => {
    const { notes } = ports();
    await notes.put(place, write('plan', 'ours', 0));
    for (const other of [
      { ...place, scope: 'job-2' },
      { ...place, project: 'other' },
    ]) {
      expect(await notes.list(other)).toEqual([]);
      expect(await notes.get(other, 'plan')).toBeUndefined();
    }
  });
});
