import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { errors } from '#contracts/errors.ts';
import type { JobView } from '#contracts/job-view.ts';
import { works } from './command.ts';
import type { Context } from './context.ts';
import { formatDuration, formatUsd, statusFormat } from './format.ts';
import { awaitJob } from './job/await-job.ts';
import { costBound } from './job/cost-bound.ts';
import { showResult } from './job/show-result.ts';
import { printableLine } from './printable.ts';

const probes = [
  { type: 'echo', payload: { message: 'smoke' }, timeoutSeconds: 120, deadlineSeconds: 900 },
  {
    type: 'chat',
    payload: { prompt: 'Answer with the one word: ready', maxTokens: 16 },
    model: 'claude-haiku-5-5',
    budgetUsd: 0.02,
    timeoutSeconds: 120,
    deadlineSeconds: 900,
  },
] as const;

interface Probe {
  job: JobView;
  text?: string;
}

/** `muster smoke`: one job of each kind through everything, and the bill. */
export function addSmoke(program: Command): void {
  const command = program
    .command('smoke')
    .description('run one echo and one chat through everything, and show the bill')
    .addHelpText(
      'after',
      '\nThe exit code is 0 only if both SUCCEEDED.\n\nExample:\n  $ muster smoke --region eu-central-1',
    );
  works<[], object>(command, async (context) => {
    const { out } = context;
    const api = await context.api();
    out.note(`Against ${api.target.url} (${api.target.foundBy}).`);
    const results: Probe[] = [];
    for (const probe of probes) results.push(await run(context, api, probe));
    const jobs = results.map(({ job }) => job);
    const costUsd = jobs.reduce((total, job) => total + job.costUsd, 0);
    const passed = jobs.every(({ status }) => status === 'SUCCEEDED');
    out.answer({ passed, costUsd, probes: results }, () => [
      `${passed ? out.paint('green', 'passed') : out.paint('red', 'FAILED')}  model tokens: ${formatUsd(costUsd)}${
        api.target.offlineModel ? ' by the price list; the offline model is not paid' : ''
      }`,
    ]);
    return passed ? 0 : errors.worker_error.exitCode;
  });
}

async function run(context: Context, api: ApiClient, probe: (typeof probes)[number]): Promise<Probe> {
  const { out } = context;
  const bound = costBound(probe, api.target.offlineModel);
  if (bound !== undefined) out.note(out.paint('gray', bound));
  const { body } = await api.call('submitJob', { body: probe, idempotencyKey: randomUUID() });
  const job = await awaitJob(context, body.id);
  const took = formatDuration(Date.parse(job.endedAt ?? job.createdAt) - Date.parse(job.createdAt));
  out.line(
    `${probe.type.padEnd(5)} ${out.paint(statusFormat(job.status), job.status)} in ${took}  ${job.id}`,
  );
  if (job.status !== 'SUCCEEDED') {
    if (job.error) out.line(`      ${job.error.code}: ${printableLine(job.error.message)}`);
    if (job.error?.remedy !== undefined) out.line(`      → ${printableLine(job.error.remedy)}`);
  }
  for (const link of [job.links.console, job.links.s3Uri])
    if (link !== undefined) out.line(`      ${out.paint('gray', link)}`);
  if (job.status !== 'SUCCEEDED') return { job };
  const { body: result } = await api.call('readResult', { params: { id: job.id } });
  const { text } = showResult(result);
  out.line(`      ${printableLine(text)}`);
  return { job, text };
}
