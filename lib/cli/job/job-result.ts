import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { works } from '../command.ts';
import { showResult } from './show-result.ts';

/** `muster job result ID`. */
export function addJobResult(job: Command): void {
  const command = job
    .command('result')
    .description('print the result of a job that SUCCEEDED')
    .argument('<id>', 'job id')
    .option('--out <file>', 'write the whole result document, as JSON, to a file')
    .addHelpText('after', '\nExample:\n  $ muster job result job-0c5f… --out answer.json');
  works<[string], { out?: string }>(command, async ({ out, api }, options, id) => {
    const { body } = await (await api()).call('readResult', { params: { id } });
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
