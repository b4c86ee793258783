import { type Command, InvalidArgumentError } from 'commander';
import type { FileView } from '#contracts/job-view.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { formatBytes } from '../format.ts';
import { printableLine } from '../printable.ts';
import { formatTable } from '../table.ts';
import { type FetchedRunFile, fetchRunFiles } from './fetch-run-files.ts';

interface FilesOptions {
  cycle?: number;
  out?: string;
}

/** `muster run files ID`. */
export function addRunFiles(run: Command): void {
  const command = run
    .command('files')
    .description('list the files of a run, or fetch them: reports, transcripts, plans, reviews')
    .argument('<id>', 'run id')
    .option('--cycle <n>', 'only of this cycle', toCycle)
    .option('--out <folder>', 'write them below this folder')
    .addHelpText('after', '\nExample:\n  $ muster run files run-0c5f… --cycle 1 --out ./report');
  works<[string], FilesOptions>(command, async (context, options, id) => {
    const { body } = await (await context.api()).call('listRunFiles', { params: { id } });
    const prefix = options.cycle === undefined ? '' : `cycles/${options.cycle}/`;
    const files = body.items.filter(({ path }) => path.startsWith(prefix));
    return options.out === undefined ? list(context, files) : fetch(context, id, files, options.out);
  });
}

function toCycle(text: string): number {
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be the number of a cycle, from 1.');
}

function list({ out }: Context, files: readonly FileView[]): 0 {
  out.answer({ items: files }, () =>
    files.length === 0
      ? ['No files yet.']
      : formatTable(files, [
          { title: 'PATH', value: ({ path }) => path },
          { title: 'SIZE', value: ({ bytes }) => formatBytes(bytes), align: 'right' },
        ]),
  );
  return 0;
}

async function fetch(context: Context, id: string, files: readonly FileView[], folder: string) {
  const { out } = context;
  const fetched = await fetchRunFiles(await context.api(), id, files, folder, (done) =>
    out.progress.say(`fetched ${done} of ${files.length} files`),
  );
  out.progress.stop();
  const refused = fetched.filter((file) => file.refused !== undefined);
  out.answer({ folder, files: fetched }, () => fetched.map(toLine));
  out.note(out.paint('gray', `${fetched.length - refused.length} files in ${printableLine(folder)}`));
  return refused.length > 0 ? 1 : 0;
}

function toLine({ path, bytes, refused }: FetchedRunFile): string {
  return `${printableLine(path)}  ${refused === undefined ? formatBytes(bytes) : `not written: ${refused}`}`;
}
