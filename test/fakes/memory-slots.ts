import type { SlotAnswer, SlotState, Slots, Stopped } from '#core/ports/slots.ts';

export interface MemorySlotsOptions {
  onChange?(change: {
    kind: 'acquired' | 'released';
    key: string;
    by: string;
    held: number;
    limit?: number;
  }): void;
}

/** Slots and kill switch in memory. */
export class MemorySlots implements Slots {
  readonly held = new Map<string, { by: string; sinceMs: number }>();
  stopped: Stopped | undefined;
  readonly #options: MemorySlotsOptions;

  constructor(options: MemorySlotsOptions = {}) {
    this.#options = options;
  }

  async acquire(key: string, by: string, nowMs: number, limit: number): Promise<SlotAnswer> {
    const holder = this.held.get(key);
    if (holder?.by === by) return 'acquired';
    if (this.stopped) return 'stopped';
    if (holder) return 'taken';
    if (this.held.size >= limit) return 'full';
    this.held.set(key, { by, sinceMs: nowMs });
    this.#options.onChange?.({ kind: 'acquired', key, by, held: this.held.size, limit });
    return 'acquired';
  }

  async release(key: string, by?: string): Promise<void> {
    const holder = this.held.get(key);
    if (!holder || (by !== undefined && holder.by !== by)) return;
    this.held.delete(key);
    this.#options.onChange?.({ kind: 'released', key, by: holder.by, held: this.held.size });
  }

  async read(): Promise<SlotState> {
    return { held: [...this.held].map(([key, slot]) => ({ key, ...slot })), stopped: this.stopped };
  }

  async setStopped(stopped: Stopped | undefined): Promise<void> {
    this.stopped = stopped ? (this.stopped ?? stopped) : undefined;
  }
}
