/** One cycle of each knot of files that import each other, as the path around it. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const start of graph.keys()) {
    if (!done.has(start)) visit(start, [], { graph, done, cycles });
  }
  return cycles;
}

interface Walk {
  graph: ReadonlyMap<string, readonly string[]>;
  done: Set<string>;
  cycles: string[][];
}

function visit(file: string, path: readonly string[], walk: Walk): void {
  const at = path.indexOf(file);
  if (at >= 0) {
    walk.cycles.push([...path.slice(at), file]);
    return;
  }
  if (walk.done.has(file)) return;
  for (const next of walk.graph.get(file) ?? []) visit(next, [...path, file], walk);
  walk.done.add(file);
}
