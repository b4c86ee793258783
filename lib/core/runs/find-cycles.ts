interface Node {
  id: number;
  dependsOn: readonly number[];
}

/** Circles of dependencies, each once, as the ids along it with the first one repeated at the end. */
export function findCycles(nodes: readonly Node[]): number[][] {
  const parents = new Map(nodes.map(({ id, dependsOn }) => [id, dependsOn]));
  const done = new Set<number>();
  const cycles: number[][] = [];
  const visit = (id: number, way: readonly number[]): void => {
    const at = way.indexOf(id);
    if (at >= 0) cycles.push([...way.slice(at), id]);
    if (at >= 0 || done.has(id)) return;
    // To depend on itself is a fault of its own.
    for (const parent of parents.get(id) ?? []) if (parent !== id) visit(parent, [...way, id]);
    done.add(id);
  };
  for (const { id } of nodes) visit(id, []);
  return cycles;
}
