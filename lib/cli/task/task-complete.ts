import type { Command } from 'commander';
import { AppError } from '#contracts/errors.ts';
import type { GateView } from '#contracts/gate.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { sendFolder } from '../job/send-folder.ts';
import { printableLine } from '../printable.ts';
import { asFolder } from './as-folder.ts';

interface CompleteOptions {
  file?: string;
  result?: string;
  comment?: string;
}

/** `muster task complete ID`. */
export function addTaskComplete(task: Command): void {
  const command = task
    .command('complete')
    .description('hand in what a task asked for: files, words, or both')
    .argument('<id>', 'task id, as muster approval list shows it')
    .option('--file <path>', 'a folder or a file; later actions find it below handed-in/')
    .option('--result <text>', 'the answer in words')
    .option('--comment <text>', 'what the next meeting reads')
    .addHelpText('after', examples);
  works<[string], CompleteOptions>(command, async (context, options, id) => {
    const { file, result, comment } = options;
    if (file === undefined && result === undefined && comment === undefined) throw nothing(id);
    const api = await context.api();
    const { body: gate } = await api.call('readApproval', { params: { id } });
    if (gate.kind !== 'task') throw isNoTask(gate);
    context.out.note(context.out.paint('gray', printableLine(gate.title)));
    const files = file === undefined ? undefined : await send(context, gate, file);
    const given = { ...(files && { files }), ...(result !== undefined && { result }) };
    const body = {
      ...{ decision: 'approve', digest: gate.digest, ...given },
      ...(comment !== undefined && { comment }),
    };
    const { body: decided } = await api.call('decideApproval', { params: { id }, body });
    context.out.answer(decided, () => [`${decided.id} ${decided.status}`]);
    return 0;
  });
}

const examples = `
Examples:
  $ muster task complete run-0c5f…-c1-a4-r0-task --file ./contract --comment "Signed."
  $ muster task complete run-0c5f…-c1-a4-r0-task --result "The account is 4711."`;

/** Lets the archive be made before the temporary folder of a single file is removed. */
async function send(context: Context, { project }: GateView, path: string) {
  const { folder, remove } = await asFolder(path);
  try {
    return await sendFolder(context, { type: 'agent', project }, folder);
  } finally {
    await remove();
  }
}

function nothing(id: string): AppError {
  return new AppError('invalid_request', 'there is nothing to hand in: give --file, --result or --comment', {
    remedy: `what is asked for: muster approval show ${id}`,
  });
}

function isNoTask({ id, title }: GateView): AppError {
  return new AppError('invalid_request', `${id} is a question, not a task: ${printableLine(title)}`, {
    remedy: `answer it: muster approval approve ${id}`,
  });
}
