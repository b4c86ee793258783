import type { LocalService } from './service.ts';

export interface LogsOptions {
  /** `<data>/logs` */
  dir: string;
  region?: string;
  accountId?: string;
  now?(): number;
}

export interface Logs extends LocalService {
  /** On disk when it returns. */
  appendLog(group: string, stream: string, line: string): void;
}

export async function startLogs(_options: LogsOptions): Promise<Logs> {
  throw new Error('not yet');
}
