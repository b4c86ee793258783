import { benchBundles } from './bundles.ts';
import { benchFirstEvent } from './first-event.ts';
import { benchJobs } from './jobs.ts';
import { benchLoopOverhead } from './loop-overhead.ts';
import { printTable } from './measure.ts';
import { benchStream } from './stream.ts';

/** `npm run bench`: the numbers of the README. Medians; not a test, because machines are noisy. */
const rows = [
  ...benchBundles(),
  ...(await benchJobs()),
  ...(await benchFirstEvent()),
  ...(await benchStream()),
  ...(await benchLoopOverhead()),
];
printTable(rows);
