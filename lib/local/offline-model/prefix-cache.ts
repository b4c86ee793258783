import { createHash } from 'node:crypto';
import type { RequestPart } from './request-parts.ts';

export interface PromptUsage {
  input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
}

/** English text has about four characters to a token. */
const charactersPerToken = 4;
/** How many pieces before a breakpoint are looked at for an older entry. */
const lookBackParts = 20;
const ttlMs = { '5m': 5 * 60_000, '1h': 60 * 60_000 } as const;
const minimumTokensDefault = 512;
/** Shortest prefix that is cached, in tokens. Source: the vendor's table of cache limits. */
const minimumTokens: Readonly<Record<string, number>> = {
  'claude-opus-4-8': 1_024,
  'claude-sonnet-5': 1_024,
  'claude-sonnet-4-6': 1_024,
  'claude-haiku-4-5': 4_096,
};

export function countTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

export function toCharacters(tokens: number): number {
  return tokens * charactersPerToken;
}

interface Entry {
  expiresAtMs: number;
  ttlMs: number;
}

interface Prefix {
  hash: string;
  /** Of everything up to and including this part. */
  tokens: number;
  ttl: '5m' | '1h' | undefined;
}

/** Remembers the prefixes that ended at a breakpoint, as the provider's prompt cache does. */
export class PrefixCache {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * What the prompt costs by kind, and remembers it for the next one.
   *
   * @param scope everything besides the parts that a cached prefix is bound to (key, model, thinking …)
   */
  use(scope: string, model: string, parts: readonly RequestPart[]): PromptUsage {
    this.#dropExpired();
    const prefixes = toPrefixes(scope, parts);
    const total = prefixes.at(-1)?.tokens ?? 0;
    const least = minimumTokens[model] ?? minimumTokensDefault;
    const breakpoints = prefixes.flatMap((prefix, at) => (prefix.ttl && prefix.tokens >= least ? [at] : []));
    const read = this.#read(prefixes, breakpoints);
    const writes = { '5m': 0, '1h': 0 };
    let covered = read;
    for (const at of breakpoints) {
      const prefix = prefixes[at];
      if (!prefix?.ttl) continue;
      this.#remember(prefix.hash, ttlMs[prefix.ttl]);
      writes[prefix.ttl] += Math.max(0, prefix.tokens - covered);
      covered = Math.max(covered, prefix.tokens);
    }
    return {
      input_tokens: total - covered,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: writes['5m'] + writes['1h'],
      cache_creation: { ephemeral_5m_input_tokens: writes['5m'], ephemeral_1h_input_tokens: writes['1h'] },
    };
  }

  /** The longest remembered prefix that ends at, or shortly before, one of the breakpoints. A hit renews it. */
  #read(prefixes: readonly Prefix[], breakpoints: readonly number[]): number {
    for (const at of breakpoints.toReversed()) {
      for (let back = at; back >= Math.max(0, at - lookBackParts + 1); back -= 1) {
        const prefix = prefixes[back];
        const entry = prefix && this.#entries.get(prefix.hash);
        if (!entry) continue;
        entry.expiresAtMs = this.#nowMs() + entry.ttlMs;
        return prefix.tokens;
      }
    }
    return 0;
  }

  #remember(hash: string, lifeMs: number): void {
    const known = this.#entries.get(hash);
    const longestMs = Math.max(lifeMs, known?.ttlMs ?? 0);
    this.#entries.set(hash, { expiresAtMs: this.#nowMs() + longestMs, ttlMs: longestMs });
  }

  #dropExpired(): void {
    for (const [hash, entry] of this.#entries)
      if (entry.expiresAtMs <= this.#nowMs()) this.#entries.delete(hash);
  }
}

function toPrefixes(scope: string, parts: readonly RequestPart[]): Prefix[] {
  const hash = createHash('sha256').update(scope);
  let tokens = 0;
  return parts.map(({ text, breakpoint }) => {
    hash.update('\0').update(text);
    tokens += countTokens(text);
    const ttl = breakpoint && (breakpoint.ttl ?? '5m');
    return { hash: hash.copy().digest('hex'), tokens, ttl };
  });
}
