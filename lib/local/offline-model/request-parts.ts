import { blocksOf } from './check-tool-pairs.ts';
import type { CacheControl, MessagesRequest, RequestBlock } from './request-schema.ts';

/** One piece of a request in the order in which a provider reads it: tools, system, messages. */
export interface RequestPart {
  /** What is counted and hashed: the piece without its breakpoint. */
  text: string;
  breakpoint: CacheControl | undefined;
}

export function partsOf(request: MessagesRequest): RequestPart[] {
  const tools = (request.tools ?? []).map((tool) => toPart('tool', tool));
  const system = typeof request.system === 'string' ? [toText(request.system)] : (request.system ?? []);
  const messages = request.messages.flatMap((message) =>
    blocksOf(message).map((block) => toPart(message.role, block)),
  );
  const parts = [...tools, ...system.map((block) => toPart('system', block)), ...messages];
  const last = parts.at(-1);
  // At the top level it stands for a breakpoint on whatever comes last.
  if (last && request.cache_control) last.breakpoint ??= request.cache_control;
  return parts;
}

function toText(text: string): RequestBlock {
  return { type: 'text', text };
}

function toPart(kind: string, block: { cache_control?: CacheControl | null | undefined }): RequestPart {
  const { cache_control: breakpoint, ...rest } = block;
  return { text: `${kind}:${JSON.stringify(rest)}`, breakpoint: breakpoint ?? undefined };
}
