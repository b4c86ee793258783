import type { StoredTask } from './ecs-model.ts';
import { type FileStore, openFileStore } from './file-store.ts';

/** `all` answers in the order in which tasks were accepted. */
export type TaskStore = FileStore<StoredTask>;

/** Tasks in memory, one small file each, so that a RunTask that was answered is not lost. */
export function openTaskStore(dir: string): TaskStore {
  const store = openFileStore<StoredTask>(dir);
  return { ...store, all: () => store.all().sort((a, b) => a.task.createdAt - b.task.createdAt) };
}
