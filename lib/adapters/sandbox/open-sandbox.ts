import { AppError } from '#contracts/errors.ts';
import type { Sandbox } from '#core/ports/sandbox.ts';
import type { ProbeReply } from './helper/protocol.ts';
import { Helper } from './helper-client.ts';
import { defaultLimits, makeSandbox, type SandboxTerms } from './make-sandbox.ts';
import { makeProcessConfinement } from './process-confinement.ts';
import { toolEnvironment } from './tool-environment.ts';
import { findSetpriv, type Identity, makeUidConfinement } from './uid-confinement.ts';

/** Above what systems, people, containers and their user namespaces use. Source: systemd's UIDS-GIDS. */
const firstUid = 0x70000000;
/** Sandboxes that one worker may have had before their ids come round. */
const idsOfWorker = 64;
let taken = 0;

export interface SandboxChoice {
  kind: 'uid' | 'process';
  isolated: boolean;
  /** Set for `uid`. */
  identity?: Identity | undefined;
  /** Why it is this kind, in one sentence. */
  reason: string;
}

export interface ProbeTerms {
  helperFile: string;
  /**
   * Default: a user id that no other sandbox on this machine has. In its image the worker gives that of `agent`,
   * and may then have one sandbox at a time: all processes of the user are killed when a command ends.
   */
  identity?: Identity | undefined;
}

/**
 * Which sandbox is possible here, and why. `uid` is promised only after a process under that user has shown that
 * it cannot read the worker's environment.
 */
export async function describeSandbox({ helperFile, identity }: ProbeTerms): Promise<SandboxChoice> {
  const tools = identity ?? ownIdentity();
  const obstacle = findObstacle() ?? (await probe(helperFile, tools));
  if (obstacle !== undefined)
    return { kind: 'process', isolated: false, reason: `Tools run as you: ${obstacle}.` };
  const reason = `Tools run as user ${tools.uid}, which cannot read what the worker knows.`;
  return { kind: 'uid', isolated: true, identity: tools, reason };
}

export interface OpenTerms extends SandboxTerms, ProbeTerms {
  /** Whether tools may run as the person who started the worker where nothing better is possible. */
  unsandboxed: boolean;
}

/** Throws `forbidden` where isolation is not possible and going without it was not allowed. */
export async function openSandbox(terms: OpenTerms): Promise<Sandbox> {
  const choice = await describeSandbox(terms);
  if (choice.identity) return makeSandbox(makeUidConfinement(choice.identity), terms);
  if (!terms.unsandboxed)
    throw new AppError('forbidden', `Tools cannot be kept apart from this machine. ${choice.reason}`, {
      remedy: 'Run the worker in its container, or allow it with --unsandboxed.',
    });
  return makeSandbox(makeProcessConfinement(), terms);
}

/** No two live workers have the same process id, so on one machine they do not kill each other's tools. */
function ownIdentity(): Identity {
  const uid = firstUid + process.pid * idsOfWorker + (taken++ % idsOfWorker);
  return { uid, gid: uid };
}

function findObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'another user for them takes Linux';
  if (process.getuid?.() !== 0) return 'the worker is not root, so it cannot change to another user';
  return findSetpriv() ? undefined : 'setpriv (from util-linux) is not installed';
}

async function probe(helperFile: string, identity: Identity): Promise<string | undefined> {
  const confinement = makeUidConfinement(identity);
  const env = toolEnvironment({ home: '/nonexistent', temporary: '/nonexistent' });
  const helper = new Helper({ confinement, root: '/', helperFile, env, limits: defaultLimits });
  const signal = new AbortController().signal;
  try {
    const { reply } = await helper.call('probe', { supervisorPid: process.pid }, undefined, signal);
    return judge(reply, identity);
  } catch (error) {
    if (error instanceof AppError)
      return `a program under user ${identity.uid} does not work here: ${error.message}`;
    throw error;
  } finally {
    await helper.stop();
  }
}

function judge(reply: ProbeReply, { uid, gid }: Identity): string | undefined {
  if (reply.uid !== uid) return `a program under user ${uid} finds itself under ${reply.uid}`;
  if (reply.groups.some((group) => group !== gid)) return `user ${uid} is in groups of other users`;
  if (!reply.noNewPrivileges) return `user ${uid} can gain new privileges`;
  if (/[^0]/.test(reply.capabilities)) return `user ${uid} has capabilities (${reply.capabilities})`;
  if (reply.readsSupervisor) return `user ${uid} can read the worker's environment`;
  return undefined;
}
