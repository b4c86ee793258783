import type { MetricName } from '#contracts/metric-names.ts';

/** Time, chance and digests come in from outside: that is what lets a simulation own them. */
export interface Clock {
  /** Milliseconds since 1970. Never compared between two machines except through a row that both read. */
  nowMs(): number;
}

export interface Random {
  /** Lower-case hexadecimal of so many unpredictable bytes. */
  hex(bytes: number): string;
  /** At least 0 and below 1; need not be unpredictable. */
  fraction(): number;
}

export interface Digest {
  /** SHA-256 of UTF-8 text, as 64 hexadecimal digits. */
  sha256(text: string): string;
  /** HMAC-SHA-256 under a UTF-8 key, as 64 hexadecimal digits. */
  hmacSha256(key: string, text: string): string;
}

export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

export interface Metrics {
  count(name: MetricName, value?: number): void;
}
