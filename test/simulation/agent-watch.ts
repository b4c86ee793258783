import type { JobRow } from '#contracts/job-row.ts';
import { segmentKey } from '#contracts/object-keys.ts';
import { type TranscriptEntry, transcriptSegment } from '#contracts/transcript.ts';
import type { TokenUsage } from '#contracts/usage.ts';
import type { FinishRequest } from '#contracts/worker-protocol.ts';
import { segmentsOf } from '#core/worker/record-segment.ts';
import type { Say } from './oracles.ts';
import type { SimTask } from './sim-task.ts';
import type { World } from './world.ts';

export interface AgentCall {
  jobId: string;
  /** The reservation that paid for it. */
  key: string;
  usage: TokenUsage;
}

/** What a job's transcript says so far, as its row counts it. */
interface Recorded {
  segments: number;
  turn: number;
  calls: Set<string>;
  /** Calls with a result, and of those the programs that ran. */
  answered: Set<string>;
  ran: Set<string>;
}

const conversation = 'main';
/** What control plane and worker say to each other fits, whatever is lost or comes twice on the way. */
const unfit: readonly string[] = ['invalid_request', 'internal', 'result_mismatch'];

/** Sees what agents really do, and compares it with what is recorded at that moment. */
export class AgentWatch {
  /** Every call that has reached the model. */
  readonly calls: AgentCall[] = [];
  readonly #world: World;
  readonly #recorded = new Map<string, Recorded>();
  /** Programs that were run, and by whom. */
  readonly #runs = new Map<string, string>();
  #callIds = 0;

  constructor(world: World) {
    this.#world = world;
  }

  newCallId(): string {
    this.#callIds += 1;
    return `c${this.#callIds}`;
  }

  asks({ jobId, attempt, reservedTurn, actor }: SimTask, key: string, usage: TokenUsage): void {
    this.calls.push({ jobId, key, usage });
    const row = this.#world.store.rows.get(jobId);
    if (!row?.reservations.some((reservation) => reservation.key === key))
      this.#say('money', `${jobId}: the model was called under ${key} without a reservation`);
    const isOwner = row?.attempt === attempt && row.status === 'RUNNING';
    if (isOwner && this.#of(jobId).turn >= reservedTurn)
      this.#say('paid once', `${jobId}: ${actor.name} asks for turn ${reservedTurn}, which is recorded`);
  }

  /** A program that has an effect every time it is run. */
  runs({ jobId, actor, ...task }: SimTask, id: string): void {
    const { calls } = this.#of(jobId);
    const earlier = this.#runs.get(id);
    if (earlier) this.#say('run once', `${jobId}: ${actor.name} runs ${id}, which ${earlier} has run`);
    if (!calls.has(id))
      this.#say('recorded first', `${jobId}: ${actor.name} runs ${id}, which is not recorded`);
    this.#runs.set(id, actor.name);
    this.#checkReuse({ jobId, attempt: task.attempt }, id);
  }

  /** What may be done again, as long as nothing says that it was done. */
  writes({ jobId, attempt }: SimTask, id: string): void {
    this.#checkReuse({ jobId, attempt }, id);
  }

  #checkReuse({ jobId, attempt }: { jobId: string; attempt: number }, id: string): void {
    const isOwner = this.#world.store.rows.get(jobId)?.attempt === attempt;
    if (isOwner && this.#of(jobId).answered.has(id))
      this.#say('result reused', `${jobId}: ${id} is run again although its result is recorded`);
  }

  restores({ jobId, attempt }: SimTask, sha256: string): void {
    this.#world.journal.countStory('workspace restored');
    const row = this.#world.store.rows.get(jobId);
    const wanted = row?.checkpoint?.workspace?.sha256;
    if (row?.attempt === attempt && wanted !== sha256)
      this.#say('workspace', `${jobId}: restores ${sha256}; the checkpoint has ${wanted}`);
  }

  /** A worker that had to give its job back does not say that it has failed. */
  finishes(
    { jobId, isInterrupted, working, isDone, ...task }: SimTask,
    outcome: FinishRequest['outcome'],
  ): void {
    if (working > 0 && !isDone)
      this.#say('verified stop', `${jobId}: attempt ${task.attempt} says its end while something of it runs`);
    if (outcome.kind === 'failed' && unfit.includes(outcome.error.code))
      this.#say('protocol', `${jobId}: attempt ${task.attempt} failed with ${outcome.error.message}`);
    const isFailure = outcome.kind === 'failed' && outcome.error.retryable;
    if (isFailure && (isInterrupted || outcome.error.code === 'interrupted'))
      this.#say('slices', `${jobId}: attempt ${task.attempt} was interrupted and says that it has failed`);
  }

  /** A row was written. What its checkpoint has gained has to fit what was there. */
  records(before: JobRow, after: JobRow, say: Say): void {
    if (after.type !== 'agent' || before.checkpoint === after.checkpoint) return;
    const recorded = this.#of(after.id);
    const segments = segmentsOf(after.checkpoint?.conversations[conversation] ?? []);
    if (segments.length < recorded.segments) say('transcript', 'has lost segments');
    const isContinued = segments.length > recorded.segments && recorded.segments > 0;
    if (isContinued && segments.at(-1)?.attempt !== segments[recorded.segments - 1]?.attempt)
      this.#world.journal.countStory('transcript continued');
    for (const { segment, attempt } of segments.slice(recorded.segments)) {
      const key = segmentKey({ project: after.project, jobId: after.id, conversation, segment, attempt });
      const stored = this.#world.objects.stored.get(key);
      const parsed = stored && transcriptSegment.safeParse(JSON.parse(stored.body));
      if (!parsed?.success) {
        say('transcript', `segment ${segment} cannot be read`);
        return;
      }
      if (parsed.data.segment !== segment)
        say('transcript', `segment ${segment} says ${parsed.data.segment}`);
      recorded.segments = segment;
      for (const entry of parsed.data.entries) {
        note(recorded, entry);
        if (entry.kind === 'result' && entry.failure === 'unknown_outcome')
          this.#world.journal.countStory('outcome unknown');
      }
    }
    this.#checkWorkspace(after, recorded, say);
  }

  /** The workspace of a checkpoint is that of its transcript: all that was run is in it, and nothing else is. */
  #checkWorkspace({ checkpoint }: JobRow, { calls, ran }: Recorded, say: Say): void {
    const { key = '' } = checkpoint?.workspace ?? {};
    const files: [string, string][] = JSON.parse(this.#world.objects.stored.get(key)?.body ?? '[]');
    const log = files.find(([path]) => path === 'log')?.[1] ?? '';
    const marks = new Set(log.split(';').filter((mark) => mark !== ''));
    const missing = [...ran].find((id) => !marks.has(id));
    if (missing) say('workspace', `${missing} has run by the transcript, and not by the workspace`);
    const strange = [...marks].find((id) => !calls.has(id));
    if (strange) say('workspace', `${strange} has run by the workspace, and is not in the transcript`);
  }

  #of(jobId: string): Recorded {
    const found = this.#recorded.get(jobId);
    if (found) return found;
    const made = {
      segments: 0,
      turn: 0,
      calls: new Set<string>(),
      answered: new Set<string>(),
      ran: new Set<string>(),
    };
    this.#recorded.set(jobId, made);
    return made;
  }

  #say(invariant: string, message: string): void {
    this.#world.journal.violate(invariant, message);
  }
}

function note(recorded: Recorded, entry: TranscriptEntry): void {
  if (entry.kind === 'usage') recorded.turn = entry.turn;
  if (entry.kind === 'message')
    for (const block of entry.message.content) if (block.type === 'tool_use') recorded.calls.add(block.id);
  if (entry.kind !== 'result') return;
  const { toolUseId, content } = entry.block;
  recorded.answered.add(toolUseId);
  if (content.startsWith(`ran ${toolUseId}`)) recorded.ran.add(toolUseId);
}
