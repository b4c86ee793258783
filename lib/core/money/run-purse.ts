/**
 * A run's purse is kept as a project's months are: what is committed, by job, under a cap. No project's month is
 * called `run`, so none is ever taken for another.
 */
export function runPurse(run: string): { project: string; month: string } {
  return { project: run, month: 'run' };
}
