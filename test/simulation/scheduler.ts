interface Event {
  atMs: number;
  order: number;
  /** False where nothing was set free, so that nothing has to be followed. */
  run(): boolean;
}

/**
 * Virtual time: events in the order of their time, and whatever an event sets free runs to its end before the
 * next one. Nothing ever waits for a real clock.
 */
export class Scheduler {
  readonly startMs: number;
  nowMs: number;
  steps = 0;
  readonly #heap: Event[] = [];
  #order = 0;
  #isHalted = false;

  constructor(startMs: number) {
    this.startMs = startMs;
    this.nowMs = startMs;
  }

  after(delayMs: number, run: () => boolean): void {
    this.#push({ atMs: this.nowMs + Math.max(0, Math.ceil(delayMs)), order: this.#order++, run });
  }

  halt(): void {
    this.#isHalted = true;
  }

  /** Runs until nothing is planned any more or somebody calls `halt`; false where that took too many steps. */
  async run(stepsMax: number): Promise<boolean> {
    for (let event = this.#pop(); event && !this.#isHalted; event = this.#pop()) {
      if (this.steps >= stepsMax) return false;
      this.nowMs = Math.max(this.nowMs, event.atMs);
      this.steps += 1;
      // A turn of the event loop: every promise that the event has settled is followed to its end.
      if (event.run()) await new Promise(setImmediate);
    }
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || !isBefore(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      if (right && isBefore(right, left)) child += 1;
      const smaller = heap[child];
      if (!smaller || !isBefore(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
