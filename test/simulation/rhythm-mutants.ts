import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { Mutant } from './mutant.ts';
import { change } from './mutant-tools.ts';

const withRun = (write: (row: RunRow) => RunRow) =>
  change('runs', 'all', ({ runs }) => ({
    runs: { ...runs.runs, replace: (row) => runs.runs.replace(write(row)) },
  }));
const withCycle = (write: (row: CycleRow) => CycleRow) =>
  change('runs', 'all', ({ runs }) => ({
    cycles: { ...runs.cycles, replace: (row) => runs.cycles.replace(write(row)) },
  }));

/** Bugs of the time between cycles. */
export const rhythmMutants: readonly Mutant[] = [
  {
    name: 'no-cadence',
    bug: 'the next cycle follows at once, whatever the cadence says',
    isOfRhythm: true,
    deps: withRun((row) => {
      const { start } = row.outbox;
      if (start?.kind !== 'start') return row;
      const { notBeforeMs: _, ...atOnce } = start;
      return { ...row, outbox: { ...row.outbox, start: atOnce } };
    }),
  },
  {
    name: 'start-forgotten',
    bug: 'a start that has to wait is taken for one that was delivered',
    isOfRhythm: true,
    deps: withRun((row) => {
      const { start, ...outbox } = row.outbox;
      return start?.kind === 'start' && (start.notBeforeMs ?? 0) > row.updatedAtMs + 600_000
        ? { ...row, outbox }
        : row;
    }),
  },
  {
    name: 'bounds-forgotten',
    bug: 'the interval is halved and doubled without end',
    isOfRhythm: true,
    deps: withCycle((row) =>
      row.interval?.seconds === 600 ? { ...row, interval: { ...row.interval, seconds: 450 } } : row,
    ),
  },
  {
    name: 'never-back',
    bug: 'the interval stays long when there is work again',
    isOfRhythm: true,
    deps: withCycle((row) =>
      row.interval?.seconds === 1_800 && row.interval.reason.includes('instead of 1 h')
        ? { ...row, interval: { ...row.interval, seconds: 3_600 } }
        : row,
    ),
  },
  {
    name: 'unexplained',
    bug: 'why the interval changed is not written down',
    isOfRhythm: true,
    deps: withCycle((row) => (row.interval ? { ...row, interval: { ...row.interval, reason: '' } } : row)),
  },
];
