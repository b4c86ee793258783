import type { Command } from 'commander';
import { addScheduleAdd } from './schedule-add.ts';
import { addScheduleDelete, addSchedulePause, addScheduleResume } from './schedule-change.ts';
import { addScheduleList } from './schedule-list.ts';
import { addScheduleShow } from './schedule-show.ts';
import { addScheduleStart } from './schedule-start.ts';

/** `muster schedule …`: what is started again and again. */
export function addSchedule(program: Command): void {
  const schedule = program
    .command('schedule')
    .helpCommand(false)
    .description('runs and jobs that start again and again: add, list, show, pause, resume, start, delete');
  addScheduleAdd(schedule);
  addScheduleList(schedule);
  addScheduleShow(schedule);
  addSchedulePause(schedule);
  addScheduleResume(schedule);
  addScheduleStart(schedule);
  addScheduleDelete(schedule);
}
