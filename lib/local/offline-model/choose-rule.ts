import { invalid } from './api-fault.ts';
import type { Condition, Script, ScriptRule, TaskScript } from './script.ts';
import type { SeenResult, Situation } from './situation.ts';

/** How a conversation names the script that is to speak in it. */
const marker = /\[\[script:([a-z0-9-]+)\]\]/;

/**
 * Finds the first rule that applies, and counts those that apply only so often: of the task's own script first,
 * then of the one that always has an answer.
 */
export function makeRuleChooser(
  script: Script,
  taskScripts: readonly TaskScript[],
): (situation: Situation) => ScriptRule {
  const used = new Map<ScriptRule, number>();
  return (situation) => {
    const rules = [...(findTaskScript(taskScripts, situation)?.rules ?? []), ...script.rules];
    const rule = rules.find((candidate) => {
      const usedUp = (used.get(candidate) ?? 0) >= (candidate.times ?? Number.POSITIVE_INFINITY);
      return !usedUp && applies(candidate, situation);
    });
    if (!rule) throw new Error('no rule applies, although the last one always should');
    used.set(rule, (used.get(rule) ?? 0) + 1);
    return rule;
  };
}

function findTaskScript(scripts: readonly TaskScript[], situation: Situation): TaskScript | undefined {
  const named = marker.exec(`${situation.task}\n${situation.system}`)?.[1];
  if (named === undefined) return scripts.find(({ when }) => when && holds(when, situation));
  const script = scripts.find((candidate) => candidate.script === named);
  if (script) return script;
  const known = scripts.map((candidate) => candidate.script).join(', ');
  throw invalid(`The offline model has no script "${named}"; there are: ${known || 'none'}`);
}

function applies({ when, unless }: ScriptRule, situation: Situation): boolean {
  return holds(when, situation) && !(unless && holds(unless, situation));
}

function holds(when: Condition, situation: Situation): boolean {
  const { turn, toolResults, result, offers } = when;
  return (
    (['system', 'model', 'task', 'prompt', 'transcript'] as const).every((field) =>
      matches(when[field], situation[field]),
    ) &&
    (turn === undefined || turn === situation.turn) &&
    (toolResults === undefined || toolResults === situation.results.length > 0) &&
    (offers === undefined || situation.offers.includes(offers)) &&
    (result === undefined || situation.results.some((seen) => resultHolds(result, seen)))
  );
}

function resultHolds(wanted: NonNullable<Condition['result']>, seen: SeenResult): boolean {
  return (
    matches(wanted.tool, seen.tool) &&
    matches(wanted.matches, seen.content) &&
    (wanted.isError === undefined || wanted.isError === seen.isError)
  );
}

function matches(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || new RegExp(pattern, 'iu').test(text);
}

/** What a rule takes out of the conversation, by name. */
export function readCaptures({ capture }: ScriptRule, situation: Situation): Record<string, string> {
  const entries = Object.entries(capture).map(([name, { from, pattern, json, otherwise }]) => {
    const match = new RegExp(pattern, 'iu').exec(situation[from]);
    const taken = match?.[1] ?? match?.[0];
    return [name, taken === undefined ? otherwise : json ? unescapeJson(taken) : taken];
  });
  return Object.fromEntries(entries);
}

/** As it stands where the pattern has cut through an escape. */
function unescapeJson(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
