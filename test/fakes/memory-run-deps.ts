import type { TeamDocument } from '#contracts/team.ts';
import type { StoredTeam, Teams } from '#core/ports/teams.ts';
import type { ExecutionState, Workflow } from '#core/ports/workflow.ts';
import { type MemoryDepsOptions, makeMemoryDeps } from './memory-deps.ts';
import { MemoryRunStore } from './memory-run-store.ts';

/** Teams by name, in memory. */
export class MemoryTeams implements Teams {
  readonly stored = new Map<string, StoredTeam>();

  async get(name: string): Promise<StoredTeam | undefined> {
    return this.stored.get(name);
  }

  async all(): Promise<StoredTeam[]> {
    return [...this.stored.values()].sort((a, b) => (a.document.team.name < b.document.team.name ? -1 : 1));
  }

  async put(document: TeamDocument): Promise<void> {
    this.stored.set(document.team.name, { document, origin: 'put' });
  }
}

/** Step Functions that only remembers what it was asked for. */
export class MemoryWorkflow implements Workflow {
  readonly started: { name: string; input: { run: string; cycle: number } }[] = [];
  readonly told: { token: string; output: Record<string, unknown> }[] = [];
  /** What `describe` answers, by ARN; `running` where nothing is set. */
  readonly states = new Map<string, ExecutionState>();
  /** Thrown by the next call of `start` or `succeed`. */
  nextFault: Error | undefined;

  async start(name: string, input: { run: string; cycle: number }): Promise<{ executionArn: string }> {
    this.#fault();
    if (!this.started.some((each) => each.name === name)) this.started.push({ name, input });
    return { executionArn: this.arnOf(name) };
  }

  async succeed(token: string, output: Record<string, unknown>): Promise<'delivered'> {
    this.#fault();
    this.told.push({ token, output });
    return 'delivered';
  }

  async describe(executionArn: string): Promise<ExecutionState> {
    return this.states.get(executionArn) ?? { kind: 'running' };
  }

  arnOf(name: string): string {
    return `arn:aws:states:::execution:muster-cycle:${name}`;
  }

  #fault(): void {
    const fault = this.nextFault;
    this.nextFault = undefined;
    if (fault) throw fault;
  }
}

export class MemoryAnnouncer {
  readonly mails: { subject: string; text: string }[] = [];

  async announce(subject: string, text: string): Promise<void> {
    this.mails.push({ subject, text });
  }
}

/** Every port that runs need, over memory. */
export function makeMemoryRunDeps(options: MemoryDepsOptions = {}) {
  const deps = makeMemoryDeps(options);
  return {
    ...deps,
    runs: new MemoryRunStore({ timings: deps.settings.timings, nowMs: deps.clock.nowMs }),
    workflow: new MemoryWorkflow(),
    announcer: new MemoryAnnouncer(),
    teams: new MemoryTeams(),
    providers: { read: async () => ['anthropic', 'openai'] },
  };
}

export type MemoryRunDeps = ReturnType<typeof makeMemoryRunDeps>;
