import { createHash, type Hash } from 'node:crypto';
import { invalid } from './api-fault.ts';
import { blocksOf } from './check-tool-pairs.ts';
import type { MessagesRequest } from './request-schema.ts';

/** Digest of a conversation so far: tools, system, messages. Where cache breakpoints stand does not matter. */
export class ThinkingBinding {
  readonly #hash: Hash = createHash('sha256');

  constructor({ tools = [], system = [] }: MessagesRequest) {
    const blocks = typeof system === 'string' ? [{ type: 'text', text: system }] : system;
    for (const tool of tools) this.add('tool', tool);
    for (const block of blocks) this.add('system', block);
  }

  add(role: string, block: object): void {
    this.#hash.update(`${role}:${canonical(block)}\n`);
  }

  /** What stands for everything added so far, as the signature of the thinking that comes next. */
  sign(): string {
    return `offline.${this.#hash.copy().digest('base64url')}`;
  }
}

/** Everything in the request, ready for the answer's own blocks. */
export function bindRequest(request: MessagesRequest): ThinkingBinding {
  const binding = new ThinkingBinding(request);
  for (const message of request.messages) {
    for (const block of blocksOf(message)) binding.add(message.role, block);
  }
  return binding;
}

/** A signature of thinking binds everything before it: a history that was edited is refused. */
export function checkThinkingBinding(request: MessagesRequest): void {
  const binding = new ThinkingBinding(request);
  for (const [index, message] of request.messages.entries()) {
    for (const [at, block] of blocksOf(message).entries()) {
      if (block.type === 'thinking' && block.signature !== binding.sign()) {
        throw invalid(
          `messages.${index}.content.${at}: Invalid \`signature\` in \`thinking\` block: it is bound to a different conversation`,
        );
      }
      binding.add(message.role, block);
    }
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (key === 'cache_control') return undefined;
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
