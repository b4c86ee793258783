/** What became of an execution. */
export type ExecutionState =
  | { kind: 'running' }
  | { kind: 'missing' }
  | { kind: 'ended'; status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' };

/** Step Functions. */
export interface Workflow {
  /** Repeatable: the same name again is the same execution. */
  start(name: string, input: { run: string; cycle: number }): Promise<{ executionArn: string }>;
  /** `gone`: nobody waits for this token any more, which is as good as delivered. */
  succeed(token: string, output: Record<string, unknown>): Promise<'delivered' | 'gone'>;
  describe(executionArn: string): Promise<ExecutionState>;
  /** Of a name that was started: what Step Functions calls it. */
  arnOf(name: string): string;
}

/** Tells people, by whatever they have subscribed to. */
export interface Announcer {
  /** @param subject one line of at most 100 ASCII characters */
  announce(subject: string, text: string): Promise<void>;
}
