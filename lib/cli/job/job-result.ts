import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { fetchWorkspace } from '#adapters/client/fetch-workspace.ts';
import { type AgentResult, agentResult } from '#contracts/job-view.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { printableLine } from '../printable.ts';
import { diffStat } from './diff-stat.ts';
import { showResult } from './show-result.ts';

/** `muster job result ID`. */
export function addJobResult(job: Command): void {
  const command = job
    .command('result')
    .description('print the result of a job, or fetch the files that an agent has changed')
    .argument('<id>', 'job id')
    .option('--out <path>', 'agent: write the changed files into this folder; else the document to this file')
    .addHelpText('after', help);
  works<[string], { out?: string }>(command, async (context, options, id) => {
    const { out, api } = context;
    const { body } = await (await api()).call('readResult', { params: { id } });
    const agent = agentResult.safeParse(body);
    if (options.out !== undefined && agent.success) return fetchFiles(context, id, agent.data, options.out);
    if (options.out !== undefined) {
      await writeFile(options.out, `${JSON.stringify(body, undefined, 2)}\n`);
      out.answer({ written: options.out }, () => [`Written to ${options.out}`]);
      return 0;
    }
    const { text, footnote } = showResult(body);
    out.answer(body, () => [text]);
    if (footnote !== undefined) out.note(out.paint('gray', footnote));
    return 0;
  });
}

const help = `
Files that are there already are overwritten; what the agent has deleted is named and left. Nothing is written
outside of the folder, through a symlink, or into .git.

Examples:
  $ muster job result job-0c5f… --out answer.json
  $ muster job result job-77ab… --out ./project && git -C ./project diff`;

async function fetchFiles({ out, api }: Context, id: string, result: AgentResult, folder: string) {
  const fetched = await fetchWorkspace(await api(), id, result, folder);
  const files = fetched.map(({ change, refused, after }) => ({
    path: change.path,
    change: change.change,
    written: after !== undefined,
    ...(refused === undefined ? {} : { refused }),
  }));
  const unlisted = result.moreFiles ?? 0;
  out.answer({ folder, files, ...(unlisted > 0 ? { unlisted } : {}) }, () =>
    fetched.length === 0 ? ['The agent has changed no file.'] : diffStat(fetched, out),
  );
  if (unlisted > 0) out.note(`${unlisted} more were changed and are not listed, so they were not fetched.`);
  out.note(out.paint('gray', `In ${printableLine(folder)}`));
  return fetched.some(({ refused }) => refused !== undefined) ? 1 : 0;
}
