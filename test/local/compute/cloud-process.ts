import { startLocalCloud } from '../../../lib/local/cloud.ts';

const [assemblyDir = '', dataDir = ''] = process.argv.slice(2);
const { url, outputs, clientCredentials } = await startLocalCloud({ assemblyDir, dataDir, concurrency: 1 });
console.log(JSON.stringify({ url, outputs, clientCredentials }));
