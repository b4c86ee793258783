import { runSeed } from '/work/main/test/simulation/run-seed.ts';
const r = await runSeed({ seed: Number(process.argv[2]), isTraced: true });
const filter = process.argv[3];
const ls = filter ? r.lines.filter(l => l.includes(filter)||l.includes('VIOL')) : r.lines;
console.log(ls.slice(-Number(process.argv[4] ?? 80)).join('\n'));
console.log(r.violation);
