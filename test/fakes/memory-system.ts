import type { MetricName } from '#contracts/metric-names.ts';
import type { Clock, Log, Metrics, Random } from '#core/ports/system.ts';

/** A clock that only a test moves. */
export class ManualClock implements Clock {
  #nowMs: number;

  constructor(startMs = Date.parse('2026-11-15T12:00:00Z')) {
    this.#nowMs = startMs;
  }

  nowMs = (): number => this.#nowMs;

  advanceSeconds(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }
}

/** Counts up, so that every value is new and every run is the same; the fraction is what a test sets. */
export class CountingRandom implements Random {
  nextFraction = 0;
  #count = 0;

  hex(bytes: number): string {
    this.#count += 1;
    return this.#count.toString(16).padStart(bytes * 2, '0');
  }

  fraction(): number {
    return this.nextFraction;
  }
}

export class RecordingLog implements Log {
  readonly lines: { level: 'info' | 'warn'; message: string; fields: Record<string, unknown> }[] = [];

  info(message: string, fields: Record<string, unknown> = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: Record<string, unknown> = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }
}

export class RecordingMetrics implements Metrics {
  readonly counts: Partial<Record<MetricName, number>> = {};

  count(name: MetricName, value = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + value;
  }
}
