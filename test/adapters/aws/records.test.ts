import { expect, it } from '@jest/globals';
import type { JobEvent } from '#contracts/job-events.ts';
import { startMs } from '../../fakes/job-rows.ts';
import { describePorts } from './contract.ts';

const note = (message: string): JobEvent => ({ type: 'note', atMs: startMs, message });
const expiresAtMs = startMs + 90 * 86_400_000;

describePorts('the events of a job', (ports) => {
  it('are read in order over batches and attempts', async () => {
    const { events } = ports();
    await events.append('job-1', 2, 1, [note('d')], expiresAtMs);
    await events.append('job-1', 1, 3, [note('c')], expiresAtMs);
    await events.append('job-1', 1, 1, [note('a'), note('b')], expiresAtMs);
    await events.append('job-2', 1, 1, [note('other')], expiresAtMs);
    expect(await events.read('job-1', { attempt: 1, seq: 0 }, 10)).toEqual([
      { ...note('a'), attempt: 1, seq: 1 },
      { ...note('b'), attempt: 1, seq: 2 },
      { ...note('c'), attempt: 1, seq: 3 },
      { ...note('d'), attempt: 2, seq: 1 },
    ]);
  });

  it('go on behind a position in the middle of a batch', async () => {
    const { events } = ports();
    await events.append('job-1', 1, 1, [note('a'), note('b'), note('c')], expiresAtMs);
    const read = await events.read('job-1', { attempt: 1, seq: 2 }, 10);
    expect(read).toEqual([{ ...note('c'), attempt: 1, seq: 3 }]);
    expect(await events.read('job-1', { attempt: 1, seq: 3 }, 10)).toEqual([]);
    expect(await events.read('job-1', { attempt: 1, seq: 0 }, 2)).toHaveLength(2);
  });

  it('are kept as they came first when a batch is sent again', async () => {
    const { events } = ports();
    await events.append('job-1', 1, 1, [note('a')], expiresAtMs);
    await events.append('job-1', 1, 1, [note('again')], expiresAtMs);
    expect(await events.read('job-1', { attempt: 1, seq: 0 }, 10)).toMatchObject([{ message: 'a' }]);
  });

  it('are found behind more than a page of large ones that were read before', async () => {
    const { events } = ports();
    const large: JobEvent = { type: 'text', atMs: startMs, text: 'x'.repeat(60_000) };
    for (let seq = 1; seq <= 25; seq++) await events.append('job-1', 1, seq, [large], expiresAtMs);
    const read = await events.read('job-1', { attempt: 1, seq: 24 }, 200);
    expect(read.map(({ seq }) => seq)).toEqual([25]);
  });
});

describePorts('the ledger of a job', (ports) => {
  const entry = {
    jobId: 'job-1',
    project: 'default',
    key: '1/main/1',
    model: 'claude-sonnet-5-5',
    usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 },
    microUsd: 70,
    atMs: startMs,
  };

  it('has each call once, as it was written first', async () => {
    const { ledger } = ports();
    await ledger.put(entry);
    await ledger.put({ ...entry, microUsd: 999 });
    await ledger.put({ ...entry, key: '1/main/2' });
    await ledger.put({ ...entry, jobId: 'job-2' });
    expect(await ledger.entries('job-1')).toEqual([entry, { ...entry, key: '1/main/2' }]);
    expect(await ledger.entries('job-3')).toEqual([]);
  });
});

describePorts('the projects', (ports) => {
  it('are noted once and read in order', async () => {
    const { projects } = ports();
    expect(await projects.all()).toEqual([]);
    for (const name of ['beta', 'alpha', 'beta']) await projects.note(name);
    expect(await projects.all()).toEqual(['alpha', 'beta']);
  });
});
