import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FileStore<T extends { id: string }> {
  /** On disk when it returns, whole or not at all. */
  save(stored: T): void;
  forget(id: string): void;
  all(): T[];
  get(id: string): T | undefined;
}

/** Small documents in memory, one file each. An id is a file's name. */
export function openFileStore<T extends { id: string }>(dir: string): FileStore<T> {
  mkdirSync(dir, { recursive: true });
  const documents = new Map<string, T>();
  for (const name of readdirSync(dir).filter((one) => one.endsWith('.json'))) {
    const stored = JSON.parse(readFileSync(join(dir, name), 'utf8')) as T;
    documents.set(stored.id, stored);
  }
  const fileOf = (id: string): string => join(dir, `${id}.json`);
  return {
    save(stored) {
      writeFileSync(`${fileOf(stored.id)}.new`, JSON.stringify(stored));
      renameSync(`${fileOf(stored.id)}.new`, fileOf(stored.id));
      documents.set(stored.id, stored);
    },
    forget(id) {
      rmSync(fileOf(id), { force: true });
      documents.delete(id);
    },
    all: () => [...documents.values()],
    get: (id) => documents.get(id),
  };
}
