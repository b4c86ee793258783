// The simulation by hand: npm run sim -- [--seeds N | --hours H] [--from S] [--agents|--runs|--rhythm|--schedules] | --seed S [--agents|--runs|--rhythm|--schedules] [--mutant NAME] | --mutants
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { injectionName } from './faults.ts';
import { mutants } from './mutants.ts';
import { missingRhythmCoverage, missingRunCoverage } from './run-coverage.ts';
import { killMutants, runMany } from './run-many.ts';
import { runSeed } from './run-seed.ts';
import { missingScheduleCoverage } from './schedules/schedule-coverage.ts';
import { hoursPerSeed } from './schedules/schedule-seed.ts';
import { type Shrunk, shrink } from './shrink.ts';
import { type Failure, missingCoverage, succeededShare, type Totals } from './totals.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mutant: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    agents: { type: 'boolean', default: false },
    runs: { type: 'boolean', default: false },
    rhythm: { type: 'boolean', default: false },
    schedules: { type: 'boolean', default: false },
    hours: { type: 'string' },
    threads: { type: 'string' },
  },
});
const { runs: isRun, rhythm: isRhythm, schedules: isSchedules } = values;
const world = { isAllAgents: values.agents, isRun, isRhythm, isSchedules };
/** Of schedules, virtual hours may be given instead. */
const seeds =
  values.hours === undefined ? Number(values.seeds) : Math.ceil(Number(values.hours) / hoursPerSeed);
const threads = values.threads === undefined ? undefined : Number(values.threads);

if (values.seed !== undefined) await replay(Number(values.seed));
else if (values.mutants) await runMutants();
else await runSeeds(Number(values.from), seeds);

/** Prints every call of one seed; of a failing one, the run with only the faults that it takes. */
async function replay(seed: number): Promise<void> {
  const mutant = mutants.find(({ name }) => name === values.mutant);
  const shrunk = await shrink({ seed, mutant, ...world });
  const report = shrunk?.report ?? (await runSeed({ seed, mutant, ...world, isTraced: true }));
  console.log(report.lines.join('\n'));
  if (shrunk) printFailure(seed, shrunk);
  else console.log(`\nseed ${seed}: ${report.steps} steps, ${report.injected.length} faults, no violation`);
}

async function runSeeds(from: number, seeds: number): Promise<void> {
  const startedAt = performance.now();
  const totals = await runMany(from, seeds, { threads, ...world });
  printTotals(totals, (performance.now() - startedAt) / 1000);
  const missing = missingOf(totals);
  if (missing.length > 0) console.log(`not shown: ${missing.join(', ')}`);
  if (missing.length > 0) process.exitCode = 1;
  for (const { seed } of totals.failures.slice(0, 3)) {
    const shrunk = await shrink({ seed, ...world });
    if (shrunk) printFailure(seed, shrunk);
  }
}

function missingOf(totals: Totals): string[] {
  if (isSchedules) return missingScheduleCoverage(totals);
  if (isRhythm) return missingRhythmCoverage(totals);
  return isRun ? missingRunCoverage(totals) : missingCoverage(totals);
}

async function runMutants(): Promise<void> {
  const names = mutants.map(({ name }) => name);
  for (const { name, failure } of await killMutants(names, seeds, threads)) {
    const by = failure ? `seed ${failure.seed}: ${failure.violation.invariant}` : 'SURVIVED';
    console.log(`${name.padEnd(27)}${by.padEnd(32)}${mutants.find((mutant) => mutant.name === name)?.bug}`);
    if (!failure) process.exitCode = 1;
  }
}

function printTotals(totals: Totals, seconds: number): void {
  const table = (counts: Record<string, number>) =>
    Object.entries(counts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `  ${name.padEnd(26)} ${count}`)
      .join('\n');
  const faults = Object.values(totals.faults).reduce((sum, count) => sum + count, 0);
  console.log(`transitions\n${table(totals.transitions)}\nfaults\n${table(totals.faults)}`);
  console.log(`${isSchedules ? 'schedules' : 'runs'}\n${table(totals.ends)}`);
  if (!isSchedules) console.log(`agents\n${table(totals.stories)}\nended\n${table(totals.outcomes)}`);
  const share = isSchedules
    ? `${totals.seeds * hoursPerSeed} virtual hours`
    : `${(succeededShare(totals) * 100).toFixed(1)} % succeeded`;
  const speed = `${(totals.seeds / seconds).toFixed(1)} seeds/s`;
  console.log(`${totals.seeds} seeds, ${totals.steps} steps, ${faults} faults, ${share}, ${speed}`);
  console.log(`${totals.failures.length} violations${seedList(totals.failures)}`);
  if (totals.failures.length > 0) process.exitCode = 1;
}

function seedList(failures: readonly Failure[]): string {
  if (failures.length === 0) return '';
  const seeds = failures.slice(0, 20).map(({ seed, violation }) => `${seed} (${violation.invariant})`);
  return `: seeds ${seeds.join(', ')}`;
}

function printFailure(seed: number, { report, needed }: Shrunk): void {
  const { invariant = '', message = '' } = report.violation ?? {};
  const faults = needed.map((injection) => `  ${injectionName(injection)} at ${injection.where}`);
  console.log(`\nseed ${seed} (commit ${commit()}) violates "${invariant}": ${message}`);
  console.log(`it takes ${needed.length} faults:\n${faults.join('\n')}`);
  const flags = (['agents', 'runs', 'rhythm', 'schedules'] as const).map((flag) =>
    values[flag] ? ` --${flag}` : '',
  );
  console.log(`again: npm run sim -- --seed ${seed}${flags.join('')}`);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    // A checkout without git still has its seed.
    return 'unknown';
  }
}
