import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '#adapters/env.ts';
import { AppError } from '#contracts/errors.ts';

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

type Json = Record<string, unknown>;

export interface SynthesizeOptions {
  outputDir: string;
  /** Over `muster.settings` of cdk.json. */
  settings: Json;
  /** False where only the template is read: it comes in a fraction of the time. Default true. */
  bundles?: boolean;
  signal: AbortSignal;
}

/**
 * What `cdk synth` does, without its command line: the app in a process of its own, with cdk.json's context.
 *
 * @throws AppError `invalid_request` with what the app said, mostly about settings
 */
export async function synthesize(given: SynthesizeOptions): Promise<void> {
  const { outputDir, settings, bundles = true, signal } = given;
  const context = readContext();
  const merged = {
    ...context,
    ...(bundles ? {} : { 'aws:cdk:bundling-stacks': [] }),
    'muster.settings': { ...asObject(context['muster.settings']), ...settings },
  };
  const env = childEnvironment({
    CDK_OUTDIR: outputDir,
    CDK_CONTEXT_JSON: JSON.stringify(merged),
    // What CDK's validator finds, `npm run synth` tells; here it would only cost a second or two at every start.
    CDK_VALIDATION: 'false',
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const options = { cwd: repositoryRoot, env, signal, maxBuffer: 16 * 1024 * 1024 };
  execFile(process.execPath, [join('bin', 'app.ts')], options, (error, stdout, stderr) => {
    if (!error) resolve();
    else if (signal.aborted) reject(signal.reason);
    else reject(failure(error, `${stdout}${stderr}`));
  });
  return promise;
}

function failure(cause: Error, said: string): AppError {
  const lines = said.split('\n').filter((line) => line !== '' && !line.startsWith('Bundling asset '));
  return new AppError('invalid_request', `the stack cannot be synthesized: ${lines.slice(-20).join('\n')}`, {
    cause,
    remedy: 'mend what is named above; npm run synth does the same step alone',
  });
}

function readContext(): Json {
  const file = asObject(JSON.parse(readFileSync(join(repositoryRoot, 'cdk.json'), 'utf8')));
  return asObject(file.context);
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
