import { chatScript, readScript } from '../../lib/local/offline-model/read-script.ts';
import { startOfflineModel } from '../../lib/local/offline-model/start-offline-model.ts';
import { readTemplate, type Template } from '../../lib/local/template.ts';
import { assemblyOf } from '../local/end-to-end/assembly.ts';
import { judgeCycle } from './cycle.ts';
import { runFunctions, startWorkerFront } from './functions.ts';
import { judge } from './judge.ts';
import { type Moto, motoAccount, startMoto } from './moto.ts';
import { createResources, makeAws, region } from './resources.ts';

const workerKey = { accessKeyId: 'AKIAWORKER', secretAccessKey: 'worker' };

/** The session that API Gateway would name for a task: of the role that the task definition has. */
function workerSession(template: Template): string {
  const definition = template.resources.find(({ type }) => type === 'AWS::ECS::TaskDefinition');
  const role = definition && template.properties(definition).TaskRoleArn;
  return `arn:aws:sts::${motoAccount}:assumed-role/${String(role).split('/').at(-1)}/task`;
}

async function runAgainst(moto: Moto): Promise<number> {
  // moto runs no functions, so everything goes through tasks.
  const template = readTemplate({
    assemblyDir: await assemblyOf({ forceFargate: true }),
    region,
    accountId: motoAccount,
  });
  const model = await startOfflineModel({ script: await readScript(chatScript), deltaMs: 0 });
  const lines: string[] = [];
  const front = await startWorkerFront(workerKey);
  const aws = makeAws(moto.url);
  const providerKeys = JSON.stringify({ anthropic: { apiKey: 'any-key', baseUrl: model.url } });
  await createResources(template, { aws, endpoint: moto.url, apiUrl: front.url, providerKeys });
  const onLine = (line: string) => void lines.push(line);
  const functions = runFunctions(template, moto.url, onLine);
  const userArn = workerSession(template);
  front.answerWith((path, body) => functions.call('WorkerApi', { method: 'POST', path, body, userArn }));
  try {
    const failures = await judge({ aws, template, functions, workerKey, onLine });
    if (failures > 0) console.log(lines.join('\n'));
    console.log(failures === 0 ? 'moto agrees' : `moto disagrees in ${failures} steps`);
    return failures === 0 ? 0 : 1;
  } finally {
    await functions.lambda.close();
    front.close();
    await model.close();
  }
}

/**
 * Runs the deployed bundles, unchanged, against moto: an AWS that somebody else has written. What the local cloud
 * and Muster might get wrong in the same way shows here.
 */
async function main(): Promise<number> {
  const moto = await startMoto();
  if (!moto) {
    console.log('skipped: moto is not installed (pip install "moto[server]")');
    return 0;
  }
  console.log(`The referee is moto ${moto.version}`);
  try {
    const failures = await judgeCycle();
    if (failures > 0) console.log(`moto disagrees about ${failures} cycles`);
    return Math.max(failures === 0 ? 0 : 1, await runAgainst(moto));
  } finally {
    await moto.stop();
  }
}

process.exitCode = await main();
