import { AppError } from '#contracts/errors.ts';
import { folderOfArchive, handedInRoot } from '#contracts/handed-in.ts';
import type { StartReply } from '#contracts/worker-protocol.ts';
import type { Sandbox, Snapshot } from '../../ports/sandbox.ts';
import { placeHandedIn } from '../place-handed-in.ts';
import { readArchive } from '../restore.ts';
import { requireSandbox } from '../run-agent.ts';
import type { WorkContext } from '../work-outcome.ts';
import { mergeTrees, type Tree, toTree } from './merge-trees.ts';
import { areSame, holdSameFiles, planLayers } from './plan-layers.ts';
import { restoreProtected } from './restore-protected.ts';

type ArchivePlace = NonNullable<StartReply['workspace']>;

export interface MergedWorkspace {
  /** Missing where there are conflicts, and where nobody has any files. */
  archive?: Uint8Array;
  restored: string[];
  conflicts: string[];
}

interface Source {
  tree: Tree;
  archive?: Uint8Array;
}

/**
 * What the executor left, over the run's files as they are now. Protected paths are put back first, so that an
 * executor's changes to them neither count nor conflict with those of somebody who may change them. What
 * people have handed in is protected, too, also from actions that do not depend on it: others measure by it. Nothing
 * of the archives is run.
 */
export async function mergeWorkspaces(
  protectedPaths: readonly string[],
  context: WorkContext,
): Promise<MergedWorkspace> {
  const { workspace, archives = {} } = context.started;
  const { base, head } = archives;
  const isHandedIn = Object.keys(archives).some((name) => folderOfArchive(name) !== undefined);
  if (!workspace && !base && !head && !isHandedIn) return { restored: [], conflicts: [] };
  const sandbox = await requireSandbox(context);
  try {
    const places = { head: head ?? base, base, mine: workspace ?? base };
    const sources = await readSources(sandbox, places, context);
    return await merge(sandbox, sources, [...protectedPaths, handedInRoot], context);
  } finally {
    await sandbox.close();
  }
}

type Side = 'head' | 'base' | 'mine';

async function readSources(
  sandbox: Sandbox,
  places: Record<Side, ArchivePlace | undefined>,
  context: WorkContext,
): Promise<Record<Side, Source>> {
  const isSame = (a: ArchivePlace | undefined, b: ArchivePlace | undefined) => a?.sha256 === b?.sha256;
  const head = await readRuns(sandbox, places.head, context);
  const base = isSame(places.base, places.head) ? head : await readRuns(sandbox, places.base, context);
  if (!places.mine || isSame(places.mine, places.base)) return { head, base, mine: base };
  if (isSame(places.mine, places.head)) return { head, base, mine: head };
  await sandbox.restore(await readArchive(places.mine, context), context.signal);
  return { head, base, mine: toSource(await sandbox.save(context.signal)) };
}

/** The run's files, with what people have handed in. */
async function readRuns(
  sandbox: Sandbox,
  place: ArchivePlace | undefined,
  context: WorkContext,
): Promise<Source> {
  if (place) await sandbox.restore(await readArchive(place, context), context.signal);
  else await sandbox.assemble([], context.signal);
  const isHandedIn = await placeHandedIn(sandbox, context);
  return place || isHandedIn ? toSource(await sandbox.save(context.signal)) : { tree: new Map() };
}

function toSource({ files, archive }: Snapshot) {
  return { tree: toTree(files), archive };
}

async function merge(
  sandbox: Sandbox,
  { base, mine, head }: Record<Side, Source>,
  protectedPaths: readonly string[],
  { signal }: WorkContext,
): Promise<MergedWorkspace> {
  const { tree: kept, restored } = restoreProtected(base.tree, mine.tree, protectedPaths);
  const { tree, conflicts } = mergeTrees(base.tree, kept, head.tree);
  if (conflicts.length > 0) return { restored, conflicts };
  const sources = [mine, head, base];
  const whole = sources.find((source) => source.archive && areSame(source.tree, tree));
  const archive = whole?.archive ?? (await assemble(sandbox, tree, sources, signal));
  return { archive, restored, conflicts };
}

async function assemble(
  sandbox: Sandbox,
  tree: Tree,
  sources: readonly Source[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  const plan = planLayers(
    tree,
    sources.map((source) => source.tree),
  );
  const layers = sources.flatMap(({ archive }, index) => {
    const paths = plan[index] ?? [];
    return archive && paths.length > 0 ? [{ archive, paths }] : [];
  });
  await sandbox.assemble(layers, signal);
  const made = toSource(await sandbox.save(signal));
  if (holdSameFiles(made.tree, tree)) return made.archive;
  throw new AppError('internal', 'The merged files are not those that were to be merged', {
    retryable: false,
  });
}
