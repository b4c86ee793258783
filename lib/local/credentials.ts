import { randomBytes } from 'node:crypto';
import type { LocalPrincipal } from './service.ts';

export interface LocalCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Principals {
  /** A new key pair, good until the cloud stops. */
  issue(label: string, arn: string, isWorker?: boolean): LocalCredentials;
  find(accessKeyId: string): LocalPrincipal | undefined;
}

export function makePrincipals(): Principals {
  const byKey = new Map<string, LocalPrincipal>();
  return {
    issue(label, arn, isWorker = false) {
      const accessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
      const secretAccessKey = randomBytes(30).toString('base64');
      byKey.set(accessKeyId, { accessKeyId, secretAccessKey, arn, label, isWorker });
      return { accessKeyId, secretAccessKey };
    },
    find: (accessKeyId) => byKey.get(accessKeyId),
  };
}
