import { AppError } from '#contracts/errors.ts';
import type { RunOutcome, RunRequest, Snapshot } from '#core/ports/sandbox.ts';
import { MemorySandbox } from '../fakes/memory-sandbox.ts';
import { never } from './agent-control.ts';
import { heeding } from './agent-time.ts';
import { fastDigest } from './fast-digest.ts';
import type { SimTask } from './sim-task.ts';
import type { World } from './world.ts';

const ran = {
  timedOut: false,
  flooded: false,
  leftovers: 0,
  workspace: { bytes: 0, files: 0, exceeded: false },
};

/** A workspace whose programs leave their mark in it and in the world, and take their time. */
export class AgentSandbox extends MemorySandbox {
  readonly #world: World;
  readonly #task: SimTask;
  readonly fingerprint?: () => Promise<string | undefined>;
  #changes = 0;

  constructor(world: World, task: SimTask) {
    super();
    this.#world = world;
    this.#task = task;
    // Some sandboxes can tell cheaply whether anything has changed.
    if (world.chance.chance(0.5)) this.fingerprint = async () => `${task.arn} ${this.#changes}`;
  }

  override async run(request: RunRequest, signal: AbortSignal): Promise<RunOutcome> {
    signal.throwIfAborted();
    const { actor } = this.#task;
    if (!actor.isAlive) return never;
    const command = 'command' in request ? request.command : '';
    const id = command.replace('effect ', '');
    this.#world.agents.runs(this.#task, id);
    const log = new TextDecoder().decode(this.files.get('log') ?? new Uint8Array());
    this.files.set('log', new TextEncoder().encode(`${log}${id};`));
    this.#changes += 1;
    const milliseconds = this.#world.chance.int(200, 30_000);
    await this.#task.busy(heeding(signal, this.#world.sleep(actor, milliseconds)));
    const exitCode = this.#world.chance.chance(0.1) ? 1 : 0;
    return { ...ran, exitCode, milliseconds, output: `ran ${id}`, bytes: 10 };
  }

  override async writeFile(path: string, content: Uint8Array): Promise<{ created: boolean }> {
    if (!this.#task.actor.isAlive) return never;
    this.#world.agents.writes(this.#task, new TextDecoder().decode(content));
    this.#changes += 1;
    return super.writeFile(path, content);
  }

  override async save(): Promise<Snapshot> {
    if (!this.#task.actor.isAlive) return never;
    const files = [...this.files].sort().map(([path, body]) => [path, new TextDecoder().decode(body)]);
    return { archive: new TextEncoder().encode(JSON.stringify(files)), files: [], skipped: [] };
  }

  override async restore(archive: Uint8Array): Promise<void> {
    const text = new TextDecoder().decode(archive);
    this.#world.agents.restores(this.#task, fastDigest.sha256(text));
    const files: [string, string][] = JSON.parse(text);
    if (!Array.isArray(files)) throw new AppError('internal', 'no archive');
    this.files.clear();
    for (const [path, body] of files) this.files.set(path, new TextEncoder().encode(body));
  }
}
