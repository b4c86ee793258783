import { functionWorkerId } from '../../../lib/contracts/settings.ts';
import { startLocalCloud } from '../../../lib/local/cloud.ts';
import { createOfflineModel } from '../../../lib/local/offline-model/offline-model.ts';
import { chatScript, readScript } from '../../../lib/local/offline-model/read-script.ts';
import { parseScript } from '../../../lib/local/offline-model/script.ts';

/** The local cloud as a program, for tests that kill it: says where it is in one line, ends at SIGTERM. */
const [assemblyDir = '', dataDir = '', given = '{}'] = process.argv.slice(2);
const { modelRules = [], taskEnvironment = {} } = JSON.parse(given);
const { rules } = await readScript(chatScript);
const model = createOfflineModel({ script: parseScript({ rules: [...modelRules, ...rules] }), deltaMs: 0 });
const { url, region, outputs, clientCredentials, close } = await startLocalCloud({
  assemblyDir,
  dataDir,
  secrets: () => '{}',
  concurrency: 8,
  workerLabels: [functionWorkerId],
  ruleTickMs: 400,
  taskEnvironment,
  open: { '/offline-model': model },
});
process.once('SIGTERM', async () => {
  await close();
  process.exit(0);
});
console.log(JSON.stringify({ url, region, outputs, clientCredentials }));
