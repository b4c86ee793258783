import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallCount } from './calls.ts';
import type { LocalPrincipal, LocalService } from './service.ts';

export type OpenHandler = (req: IncomingMessage, res: ServerResponse, body: Buffer) => Promise<void>;

export interface ServerOptions {
  /** 0 takes any free port. */
  port: number;
  /** By the service name of the SigV4 credential scope: `dynamodb`, `s3`, `execute-api` … Services may be added later. */
  services: Map<string, LocalService>;
  principals(accessKeyId: string): LocalPrincipal | undefined;
  /** Raw unsigned handlers by path prefix, for what cannot sign (the offline model). Browsers are still refused. */
  open?: Record<string, OpenHandler>;
  onCall?(service: string, operation: string, label: string): void;
  /** Milliseconds since the epoch; default `Date.now`. */
  now?(): number;
}

export interface LocalServer {
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  calls(): CallCount[];
  close(): Promise<void>;
}

export async function startServer(_options: ServerOptions): Promise<LocalServer> {
  throw new Error('not yet');
}
