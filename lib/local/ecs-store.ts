import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredTask } from './ecs-model.ts';

export interface TaskStore {
  /** On disk when it returns, whole or not at all. */
  save(stored: StoredTask): void;
  forget(id: string): void;
  /** In the order in which they were accepted. */
  all(): StoredTask[];
  get(id: string): StoredTask | undefined;
}

/** Tasks in memory, one small file each, so that a RunTask that was answered is not lost. */
export function openTaskStore(dir: string): TaskStore {
  mkdirSync(dir, { recursive: true });
  const tasks = new Map<string, StoredTask>();
  for (const name of readdirSync(dir).filter((one) => one.endsWith('.json'))) {
    const stored = JSON.parse(readFileSync(join(dir, name), 'utf8')) as StoredTask;
    tasks.set(stored.id, stored);
  }
  const fileOf = (id: string): string => join(dir, `${id}.json`);
  return {
    save(stored) {
      writeFileSync(`${fileOf(stored.id)}.new`, JSON.stringify(stored));
      renameSync(`${fileOf(stored.id)}.new`, fileOf(stored.id));
      tasks.set(stored.id, stored);
    },
    forget(id) {
      rmSync(fileOf(id), { force: true });
      tasks.delete(id);
    },
    all: () => [...tasks.values()].sort((a, b) => a.task.createdAt - b.task.createdAt),
    get: (id) => tasks.get(id),
  };
}
