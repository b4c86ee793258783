import type { JobStatus } from '#contracts/job-states.ts';
import type { World } from './world.ts';

/** What has to come up now and then, or a run proves less than it seems to. */
export const stories = [
  'transcript continued',
  'three slices, no failure',
  'outcome unknown',
  'settled by a lost attempt',
  'workspace restored',
] as const;
export type Story = (typeof stories)[number];

export interface Violation {
  invariant: string;
  message: string;
  atMs: number;
}

/** What a run leaves behind: the first violation, what was covered and, where asked for, every call. */
export class Journal {
  readonly lines: string[] = [];
  readonly transitions = new Map<string, number>();
  readonly stories = new Map<Story, number>();
  /** How executions ended, by the name of their end. */
  readonly ends = new Map<string, number>();
  violation: Violation | undefined;
  readonly #world: World;
  readonly #isTraced: boolean;
  readonly #startMs: number;

  constructor(world: World, isTraced: boolean) {
    this.#world = world;
    this.#isTraced = isTraced;
    this.#startMs = world.scheduler.nowMs;
  }

  /** The first one counts: what comes after it may follow from it. */
  violate(invariant: string, message: string): void {
    if (this.violation) return;
    this.violation = { invariant, message, atMs: this.#world.nowMs - this.#startMs };
    this.trace(() => `VIOLATION of "${invariant}": ${message}`);
    this.#world.scheduler.halt();
  }

  trace(line: () => string): void {
    if (!this.#isTraced) return;
    const seconds = ((this.#world.nowMs - this.#startMs) / 1000).toFixed(3).padStart(9);
    this.lines.push(`${seconds}  ${line()}`);
  }

  countStory(story: Story): void {
    this.stories.set(story, (this.stories.get(story) ?? 0) + 1);
  }

  countEnd(end: string): void {
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
  }

  countTransition(from: JobStatus, to: JobStatus): void {
    const name = `${from} → ${to}`;
    this.transitions.set(name, (this.transitions.get(name) ?? 0) + 1);
  }
}
