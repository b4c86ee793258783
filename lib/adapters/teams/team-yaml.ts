import { type Document, isCollection, isNode, LineCounter, parseDocument, visit } from 'yaml';
import type * as z from 'zod';
import { type TeamFile, teamFile } from '#contracts/team.ts';
import { toolNames } from '#contracts/tools.ts';
import type { TeamFault } from '#core/teams/team-fault.ts';

/** Uses of anchors in all, counted as the parser does: what they expand to. A plain team has none. */
const maxAliasCount = 50;

export interface Place {
  line: number;
  column: number;
}

export type PlacedFault = TeamFault & Place;

export interface ReadTeamYaml {
  team?: TeamFile;
  faults: PlacedFault[];
  /** Where a part of the document stands, by its JSON pointer; the nearest part around it where it is missing. */
  placeOf(path: string): Place;
}

/** `team.yaml` as its schema has it, with a line for each fault. */
export function readTeamYaml(text: string): ReadTeamYaml {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const nothing = { placeOf: () => ({ line: 1, column: 1 }) };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  } catch {
    // The parser has no limit of its own on depth; what it cannot hold is refused like any other fault.
    return { ...nothing, faults: [{ path: '', message: 'is nested too deeply', line: 1, column: 1 }] };
  }
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0)
    return {
      ...nothing,
      faults: wrong.map(({ message, pos: [offset] }) => ({ path: '', message, ...at(offset) })),
    };
  const placeOf = (path: string) => at(findOffset(document, path));
  const value = toValue(document);
  if ('bomb' in value)
    return { placeOf, faults: [{ path: '', message: value.bomb, ...at(firstAlias(document)) }] };
  const parsed = teamFile.safeParse(value.plain, { reportInput: true });
  if (parsed.success) return { placeOf, faults: [], team: parsed.data };
  const faults = parsed.error.issues.flatMap((issue) => toFaults(issue));
  return { placeOf, faults: faults.map((fault) => ({ ...fault, ...placeOf(fault.path) })) };
}

function toValue(document: Document.Parsed): { plain: unknown } | { bomb: string } {
  try {
    return { plain: document.toJS({ maxAliasCount }) };
  } catch (error) {
    // The parser's own guard against anchors that expand to more and more.
    return { bomb: `cannot be expanded: ${error instanceof Error ? error.message : 'too many aliases'}` };
  }
}

function firstAlias(document: Document.Parsed): number {
  let offset = 0;
  visit(document, {
    Alias(_key, node) {
      offset = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

/** A parent stands for what is not there. */
function findOffset(document: Document.Parsed, path: string): number {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of [undefined, ...keys]) {
    if (key !== undefined) node = isCollection(node) ? node.get(key, true) : undefined;
    if (!isNode(node)) break;
    offset = node.range?.[0] ?? offset;
  }
  return offset;
}

function toFaults(issue: z.core.$ZodIssue): TeamFault[] {
  const path = issue.path.map((part) => `/${String(part)}`).join('');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}/${key}`, message: `"${key}" is no field here` }));
  if (issue.code === 'invalid_type' && issue.input === undefined)
    return [{ path, message: `${String(issue.path.at(-1))} is missing` }];
  if (issue.code === 'invalid_value' && issue.path.at(-2) === 'tools')
    return [{ path, message: unknownTool(issue.input) }];
  return [{ path, message: issue.message }];
}

function unknownTool(name: unknown): string {
  return `tool ${JSON.stringify(name)} is not one of Muster's, which are ${toolNames.join(', ')}; the team's own are given in tools[].agents`;
}
