import { functionWorkerId } from '../../../lib/contracts/settings.ts';
import { startLocalCloud } from '../../../lib/local/cloud.ts';

/** The local cloud as a program, for tests that kill it: says where it is in one line, ends at SIGTERM. */
const [assemblyDir = '', dataDir = ''] = process.argv.slice(2);
const { url, region, outputs, clientCredentials, close } = await startLocalCloud({
  assemblyDir,
  dataDir,
  secrets: () => '{}',
  concurrency: 8,
  workerLabels: [functionWorkerId],
  ruleTickMs: 400,
});
process.once('SIGTERM', async () => {
  await close();
  process.exit(0);
});
console.log(JSON.stringify({ url, region, outputs, clientCredentials }));
