import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../../lib/local/json.ts';
import { functionProperties, type Lambda, startLambda } from '../../lib/local/lambda.ts';
import { ServiceFault } from '../../lib/local/service-fault.ts';
import { readClaim, verifySignature } from '../../lib/local/sigv4.ts';
import type { Template } from '../../lib/local/template.ts';
import { type CraftedCall, type FunctionReply, httpEvent } from '../local/end-to-end/http-event.ts';
import { credentials, region } from './resources.ts';

export interface Functions {
  lambda: Lambda;
  /** By a part of its logical id. */
  invoke(part: string, event: Json): Promise<unknown>;
  call(part: string, call: CraftedCall): Promise<{ status: number; body: unknown; text: string }>;
}

/** The deployed bundles, unchanged, each in threads of its own, with `endpoint` for an AWS. */
export function runFunctions(
  template: Template,
  endpoint: string,
  onLine: (line: string) => void,
): Functions {
  const lambda = startLambda();
  for (const resource of template.resources.filter(({ type }) => type === 'AWS::Lambda::Function')) {
    const wanted = functionProperties.parse(template.properties(resource));
    lambda.addFunction({
      name: resource.logicalId,
      taskRoot: template.assetFolder(wanted.Code.S3Key),
      handler: wanted.Handler,
      timeoutSeconds: wanted.Timeout,
      memoryMiB: wanted.MemorySize,
      maxThreads: 2,
      environment: {
        PATH: process.env.PATH ?? '',
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_REGION: region,
        AWS_ENDPOINT_URL: endpoint,
        AWS_LAMBDA_FUNCTION_NAME: resource.logicalId,
        ...wanted.Environment?.Variables,
      },
      onLine: (_, line) => onLine(`${resource.logicalId}: ${line}`),
    });
  }

  async function invoke(part: string, event: Json): Promise<unknown> {
    const name = lambda.functionNames().find((known) => known.includes(part)) ?? part;
    const outcome = await lambda.invoke(name, event);
    if (!outcome.ok) throw new Error(`${name}: ${outcome.error.errorType}: ${outcome.error.errorMessage}`);
    return JSON.parse(outcome.payload);
  }

  async function call(part: string, crafted: CraftedCall) {
    const { statusCode, body } = (await invoke(part, httpEvent(crafted))) as FunctionReply;
    return { status: statusCode, body: JSON.parse(body) as unknown, text: body };
  }

  return { lambda, invoke, call };
}

type Answer = (path: string, body: unknown) => Promise<{ status: number; text: string }>;

export interface WorkerFront {
  url: string;
  /** The functions come later: they are told the front's address. */
  answerWith(answer: Answer): void;
  close(): void;
}

interface WorkerKey {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Stands in for API Gateway: checks the worker's signature, and hands its calls to the worker API's function. */
export async function startWorkerFront(key: WorkerKey): Promise<WorkerFront> {
  let answer: Answer = () => Promise.resolve({ status: 503, text: '{}' });
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { status, text } = (await isSigned(req, body, key))
      ? await answer(req.url ?? '/', JSON.parse(body.toString('utf8')))
      : { status: 403, text: '{"message":"Forbidden"}' };
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    res.writeHead(status, { 'content-type': type }).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answerWith(given) {
      answer = given;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function isSigned(req: IncomingMessage, body: Buffer, key: WorkerKey): Promise<boolean> {
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [name, String(value)]),
  );
  const principal = { ...key, arn: 'worker', label: 'worker' };
  const parts = { method: req.method ?? 'GET', rawPath: req.url ?? '/', rawQuery: '', headers, body };
  const principals = (id: string) => (id === key.accessKeyId ? principal : undefined);
  try {
    await verifySignature(readClaim(parts), parts, { principals, nowMs: Date.now() });
    return true;
  } catch (error) {
    if (error instanceof ServiceFault) return false;
    throw error;
  }
}
