import { type Lane, lanes } from '#contracts/lanes.ts';
import type { SlotAnswer, SlotState, Slots, Stopped } from '#core/ports/slots.ts';

export interface MemorySlotsOptions {
  onChange?(change: {
    kind: 'acquired' | 'released';
    lane: Lane;
    key: string;
    by: string;
    /** In this lane, afterwards. */
    held: number;
    limit?: number;
  }): void;
}

interface LaneSlots {
  held: Map<string, { by: string; sinceMs: number }>;
  stopped: Stopped | undefined;
}

/** Slots and kill switch in memory. */
export class MemorySlots implements Slots {
  readonly lanes: Record<Lane, LaneSlots> = {
    fargate: { held: new Map(), stopped: undefined },
    function: { held: new Map(), stopped: undefined },
  };
  readonly #options: MemorySlotsOptions;

  constructor(options: MemorySlotsOptions = {}) {
    this.#options = options;
  }

  /** In all lanes. */
  get held(): ReadonlyMap<string, { by: string; sinceMs: number }> {
    return new Map(lanes.flatMap((lane) => [...this.lanes[lane].held]));
  }

  /** In any lane. */
  get stopped(): Stopped | undefined {
    return this.lanes.fargate.stopped ?? this.lanes.function.stopped;
  }

  async acquire(lane: Lane, key: string, by: string, nowMs: number, limit: number): Promise<SlotAnswer> {
    const { held, stopped } = this.lanes[lane];
    const holder = held.get(key);
    if (holder?.by === by) return 'acquired';
    if (stopped) return 'stopped';
    if (holder) return 'taken';
    if (held.size >= limit) return 'full';
    held.set(key, { by, sinceMs: nowMs });
    this.#options.onChange?.({ kind: 'acquired', lane, key, by, held: held.size, limit });
    return 'acquired';
  }

  async release(lane: Lane, key: string, by?: string): Promise<void> {
    const { held } = this.lanes[lane];
    const holder = held.get(key);
    if (!holder || (by !== undefined && holder.by !== by)) return;
    held.delete(key);
    this.#options.onChange?.({ kind: 'released', lane, key, by: holder.by, held: held.size });
  }

  async read(lane: Lane): Promise<SlotState> {
    const { held, stopped } = this.lanes[lane];
    return { held: [...held].map(([key, slot]) => ({ key, ...slot })), stopped };
  }

  async setStopped(lane: Lane, stopped: Stopped | undefined): Promise<void> {
    const slots = this.lanes[lane];
    slots.stopped = stopped ? (slots.stopped ?? stopped) : undefined;
  }
}
