import { readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import type { Manifest } from '#core/ports/sandbox.ts';
import { assembleSnapshots } from './assemble-snapshots.ts';
import { Body, ByteSource } from './byte-source.ts';
import { toFault } from './fault.ts';
import { enterFolder, readWhole, statPath, writeWhole } from './files.ts';
import { makeFolder } from './make-folder.ts';
import { frame, frameKinds, type HelperRequest, type ProbeReply } from './protocol.ts';
import { restoreSnapshot } from './restore-snapshot.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { listFolder } from './walk.ts';

/** A request holds a path and numbers, no content. */
const requestBytes = 65_536;
/** zstd's own default: a tenth of gzip's time for about the same size. */
const compressionLevel = 3;

/**
 * Does operations on the workspace, one after the other, with whatever rights this process has, and answers on
 * standard output. Ends with its standard input, and so with whoever has started it.
 */
export async function runHelper(): Promise<void> {
  const input = new ByteSource(process.stdin);
  while (!(await input.isAtEnd())) {
    const request: HelperRequest = JSON.parse((await input.line(requestBytes)).toString('utf8'));
    const body = new Body(input, request.bodyBytes);
    const answer = await perform(request, body).then(toReply, toFaultFrame);
    await body.skip();
    await send(...answer);
  }
}

type Answer = [kind: number, payload: Buffer];

function toReply(reply: object): Answer {
  return [frameKinds.reply, toBytes(reply)];
}

function toFaultFrame(error: unknown): Answer {
  const { code, message } = toFault(error, 'the workspace');
  return [frameKinds.fault, toBytes({ code, message })];
}

async function perform(request: HelperRequest, body: Body): Promise<object> {
  const { root } = request;
  switch (request.operation) {
    case 'probe':
      return probe(request.supervisorPid);
    case 'read':
      for (const chunk of readWhole(root, request.path, request.maxBytes)) await send(frameKinds.data, chunk);
      return {};
    case 'write':
      return writeWhole(root, request.path, body);
    case 'stat':
      return { stat: statPath(root, request.path) };
    case 'enter':
      return { path: enterFolder(root, request.path) };
    case 'list':
      return listFolder(root, request);
    case 'manifest': {
      const manifest: Manifest = { files: [], skipped: [] };
      for (const _ of takeSnapshot(root, request, manifest));
      return manifest;
    }
    case 'save': {
      const manifest: Manifest = { files: [], skipped: [] };
      const compress = createZstdCompress({
        params: { [constants.ZSTD_c_compressionLevel]: compressionLevel },
      });
      await pipeline(takeSnapshot(root, request, manifest), compress, sendAll);
      return manifest;
    }
    case 'restore':
      await restoreSnapshot(makeFolder(root, request.folder), body, request);
      return {};
    case 'assemble':
      await assembleSnapshots(root, new ByteSource(body), request);
      return {};
    default:
      return request satisfies never;
  }
}

function probe(supervisorPid: number): ProbeReply {
  const status = readFileSync('/proc/self/status', 'latin1');
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  return {
    uid: process.getuid?.() ?? -1,
    groups: process.getgroups?.() ?? [],
    noNewPrivileges: field('NoNewPrivs') === '1',
    capabilities: field('CapEff'),
    readsSupervisor: canRead(`/proc/${supervisorPid}/environ`),
  };
}

function canRead(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    // That it cannot be read is the answer.
    return false;
  }
}

async function sendAll(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) await send(frameKinds.data, chunk);
}

function send(kind: number, payload: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(frame(kind, payload), (error) => (error ? reject(error) : resolve()));
  });
}

function toBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
