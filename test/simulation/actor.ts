/** On whose behalf a worker's call is made: what the fencing oracle compares every write with. */
export interface Claimant {
  jobId: string;
  attempt: number;
  sessionSha256: string;
}

export type ActorKind =
  | 'client'
  | 'api'
  | 'worker-api'
  | 'dispatcher'
  | 'reconciler'
  | 'steps'
  | 'schedules'
  | 'task'
  | 'aws';

/**
 * One process. A dead one hears no reply any more: what it waits for never comes, so it does nothing more,
 * while what it had sent is still done.
 */
export class Actor {
  readonly name: string;
  readonly kind: ActorKind;
  readonly claimant: Claimant | undefined;
  isAlive = true;
  pausedUntilMs = 0;
  clockSkewMs = 0;
  onDeath: (() => void) | undefined;

  constructor(name: string, kind: ActorKind, claimant?: Claimant) {
    this.name = name;
    this.kind = kind;
    this.claimant = claimant;
  }
}
