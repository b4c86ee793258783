import { runSeed } from './run-seed.ts';

const [from = '1', count = '20'] = process.argv.slice(2);
const t = performance.now();
let steps = 0;
const failed: unknown[] = [];
const tr: Record<string, number> = {}; const fk: Record<string, number> = {};
const outcomes: Record<string, number> = {};
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const r = await runSeed({ seed });
  steps += r.steps;
  for (const [k, v] of Object.entries(r.outcomes)) outcomes[k] = (outcomes[k] ?? 0) + v;
  for (const [k, v] of Object.entries(r.transitions)) tr[k] = (tr[k] ?? 0) + v;
  for (const {kind} of r.injected) fk[kind] = (fk[kind] ?? 0) + 1;
  if (r.violation) {
    failed.push([seed, r.violation]);
    if (failed.length < 12) console.log(seed, r.violation);
  }
}
console.log({ failed: failed.length, steps, ms: performance.now() - t, outcomes, tr, fk });
