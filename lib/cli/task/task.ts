import type { Command } from 'commander';
import { addTaskComplete } from './task-complete.ts';

/** `muster task …`: what a run asks people to do. */
export function addTask(program: Command): void {
  const task = program
    .command('task')
    .helpCommand(false)
    .description('tasks that a run gave to a person; what waits is in: muster approval list');
  addTaskComplete(task);
}
