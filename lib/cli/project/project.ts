import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { AppError } from '#contracts/errors.ts';
import { describeBudget } from '../budget-lines.ts';
import { works } from '../command.ts';
import { formatUsd } from '../format.ts';
import { printable } from '../printable.ts';

/** `muster project …`: what there is, and what each remembers. */
export function addProject(program: Command): void {
  const project = program
    .command('project')
    .helpCommand(false)
    .description('projects: list them, read and change what their meetings remember');
  addList(project);
  addShow(project);
  addRemember(project);
}

function addList(project: Command): void {
  const command = project
    .command('list')
    .description('list the projects that have ever had work')
    .addHelpText('after', '\nExample:\n  $ muster project list');
  works(command, async ({ out, api }) => {
    const { body } = await (await api()).call('listProjects');
    out.answer(body, () =>
      body.items.length === 0 ? ['No project has had work yet.'] : body.items.map(({ name }) => name),
    );
    return 0;
  });
}

function addShow(project: Command): void {
  const command = project
    .command('show')
    .argument('<name>', 'the project')
    .description('show what a project has cost this month, and its memory')
    .addHelpText('after', '\nExample:\n  $ muster project show default');
  works<[string], object>(command, async ({ out, api }, _options, name) => {
    const client = await api();
    const { body } = await client.call('readProject', { params: { name } });
    const { body: usage } = await client.call('readUsage', { query: { by: 'project', project: name } });
    const [budget] = usage.budgets ?? [];
    const costUsd = usage.items.reduce((sum, item) => sum + item.costUsd, 0);
    out.answer({ ...body, from: usage.from, to: usage.to, costUsd, ...(budget && { budget }) }, () => [
      `${body.name}  ${formatUsd(costUsd)} from ${usage.from} to ${usage.to}`,
      ...(budget ? [`budget  ${describeBudget(budget, out)}`] : []),
      '',
      ...(body.memory === '' ? ['It remembers nothing yet.'] : printable(body.memory).trimEnd().split('\n')),
    ]);
    return 0;
  });
}

function addRemember(project: Command): void {
  const command = project
    .command('remember')
    .argument('<name>', 'the project')
    .argument('<file>', 'a Markdown file with its memory from now on; - for standard input')
    .description('change what every meeting of a project reads; every version stays in the bucket')
    .addHelpText(
      'after',
      '\nExample:\n  $ muster project show shop --json | jq -r .memory > memory.md\n  $ muster project remember shop memory.md',
    );
  works<[string, string], object>(command, async ({ out, api }, _options, name, file) => {
    const client = await api();
    const memory = await readText(file);
    const { body: before } = await client.call('readProject', { params: { name } });
    const change = { memory, memorySha256: before.memorySha256 };
    const { body } = await client.call('putProject', { params: { name }, body: change });
    out.answer(body, () => [
      `The meetings of ${body.name} read ${body.memory.length} characters from now on.`,
    ]);
    return 0;
  });
}

async function readText(file: string): Promise<string> {
  if (file === '-') return readAll(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_request', `the file ${file} cannot be read`, { cause });
  }
}
