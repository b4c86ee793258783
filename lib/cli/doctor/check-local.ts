import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isAlive, readLocalFile } from '#adapters/client/local-file.ts';
import { freePort, usualPort } from '../local/free-port.ts';
import { type Check, fail, fromError, ok, warn } from './finding.ts';

export const checkDataFolder: Check = async ({ dataDir }) => {
  const folder = resolve(dataDir);
  if (!isWritable(existing(folder)))
    return fail(
      'data folder',
      `${folder} cannot be written`,
      'choose another with --data DIR, or mend its rights',
    );
  const running = readLocalFile(dataDir);
  if (running) return ok('data folder', `${folder}, in use by the local cloud (pid ${running.pid})`);
  const holder = lockHolder(folder);
  if (holder !== undefined)
    return warn(
      'data folder',
      `${folder} is locked by pid ${holder}, which is not ready`,
      'wait for it to start, or end it',
    );
  return ok('data folder', existsSync(folder) ? folder : `${folder} (not there yet)`);
};

export const checkPort: Check = async ({ dataDir }) => {
  const running = readLocalFile(dataDir);
  if (running) return ok('port', `the local cloud has ${new URL(running.apiUrl).port}`);
  try {
    await freePort(usualPort);
    return ok('port', `${usualPort} is free`);
  } catch (error) {
    return { ...fromError('warn', 'port', error), fix: 'npm start takes another one by itself' };
  }
};

function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function lockHolder(folder: string): number | undefined {
  const file = join(folder, 'lock.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8'));
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
}
