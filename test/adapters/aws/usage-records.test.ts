import { expect, it } from '@jest/globals';
import { startMs } from '../../fakes/job-rows.ts';
import { makeExecution, makeLedgerEntry } from '../../fakes/usage-records.ts';
import { describePorts } from './contract.ts';

describePorts('the ledger of a day', (ports) => {
  it('has what a project spent on it, from the earliest, page by page', async () => {
    const { ledger } = ports();
    await ledger.put(makeLedgerEntry({ jobId: 'job-2', atMs: startMs + 2 }));
    await ledger.put(makeLedgerEntry({ jobId: 'job-1', atMs: startMs + 1 }));
    await ledger.put(makeLedgerEntry({ jobId: 'job-3', atMs: startMs + 3, project: 'other' }));
    await ledger.put(makeLedgerEntry({ jobId: 'job-4', atMs: startMs + 86_400_000 }));
    const day = { project: 'default', day: '2026-11-15' };
    const first = await ledger.ofDay({ ...day, limit: 1 });
    expect(first.map(({ entry }) => entry.jobId)).toEqual(['job-1']);
    const second = await ledger.ofDay({ ...day, limit: 5, afterKey: first[0]?.key ?? '' });
    expect(second.map(({ entry }) => entry)).toEqual([
      makeLedgerEntry({ jobId: 'job-2', atMs: startMs + 2 }),
    ]);
  });
});

describePorts('the executions of a project', (ports) => {
  it('are each there once, as they were written first', async () => {
    const { executions } = ports();
    await executions.put(makeExecution());
    await executions.put(makeExecution({ outcome: 'FAILED' }));
    const found = await executions.listed({ project: 'default', limit: 10 });
    expect(found.map(({ entry }) => entry)).toEqual([makeExecution()]);
  });

  it('go from the last that ended, page by page, and are of that project only', async () => {
    const { executions } = ports();
    for (const [n, project] of ['default', 'other', 'default'].entries())
      await executions.put(makeExecution({ jobId: `job-${n}`, project, endedAtMs: startMs + n }));
    const first = await executions.listed({ project: 'default', limit: 1 });
    expect(first.map(({ entry }) => entry.jobId)).toEqual(['job-2']);
    const rest = await executions.listed({
      project: 'default',
      limit: 5,
      beforeKey: first[0]?.key ?? '',
    });
    expect(rest.map(({ entry }) => entry.jobId)).toEqual(['job-0']);
  });
});
