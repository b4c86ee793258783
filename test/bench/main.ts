import { benchBundles } from './bundles.ts';
import { benchFirstEvent } from './first-event.ts';
import { benchJobs } from './jobs.ts';
import { benchLoopOverhead } from './loop-overhead.ts';
import { printTable } from './measure.ts';

/** `npm run bench`: the numbers of the README. Medians; not a test, because machines are noisy. */
const rows = [
  ...benchBundles(),
  ...(await benchJobs()),
  ...(await benchFirstEvent()),
  ...(await benchLoopOverhead()),
];
printTable(rows);
