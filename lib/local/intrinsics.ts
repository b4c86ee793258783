import { isObject, type Json, type JsonObject } from './json.ts';

/** What an intrinsic needs to know about the stack around it. */
export interface IntrinsicScope {
  ref(name: string): Json | undefined;
  attribute(logicalId: string, name: string): Json;
  zones: string[];
  /** Applied to every composed string; maps addresses that exist only on AWS to ours. */
  rewrite(text: string): string;
}

type Evaluate = (argument: Json, scope: IntrinsicScope) => Json | undefined;

function list(value: Json | undefined, name: string): Json[] {
  if (!Array.isArray(value)) throw new Error(`${name} expects a list, got ${JSON.stringify(value)}`);
  return value;
}

function text(value: Json | undefined, name: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new Error(`${name} expects a string, got ${JSON.stringify(value)}`);
}

function resolved(value: Json | undefined, scope: IntrinsicScope): Json | undefined {
  return value === undefined ? undefined : resolve(value, scope);
}

function join(argument: Json, scope: IntrinsicScope): string {
  const [separator, parts] = list(argument, 'Fn::Join');
  const texts = list(resolved(parts, scope), 'Fn::Join').map((part) => text(part, 'Fn::Join'));
  return scope.rewrite(texts.join(text(separator, 'Fn::Join')));
}

function substitute(argument: Json, scope: IntrinsicScope): string {
  const filled = text(argument, 'Fn::Sub').replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    const [logicalId = '', ...attribute] = name.split('.');
    const value = attribute.length > 0 ? scope.attribute(logicalId, attribute.join('.')) : scope.ref(name);
    return text(value, `Fn::Sub \${${name}}`);
  });
  return scope.rewrite(filled);
}

function select(argument: Json, scope: IntrinsicScope): Json {
  const [index, values] = list(argument, 'Fn::Select');
  const all = list(resolved(values, scope), 'Fn::Select');
  const chosen = all[Number(index)];
  if (chosen === undefined)
    throw new Error(`Fn::Select: index ${JSON.stringify(index)} of ${all.length} values`);
  return chosen;
}

function split(argument: Json, scope: IntrinsicScope): Json {
  const [separator, value] = list(argument, 'Fn::Split');
  return text(resolved(value, scope), 'Fn::Split').split(text(separator, 'Fn::Split'));
}

function getAtt(argument: Json, scope: IntrinsicScope): Json {
  const [logicalId, name] = list(argument, 'Fn::GetAtt').map((part) => text(part, 'Fn::GetAtt'));
  return scope.attribute(logicalId ?? '', name ?? '');
}

/** Those that the stack uses. A template with another one is refused. */
const intrinsics: Record<string, Evaluate> = {
  Ref: (argument, scope) => scope.ref(text(argument, 'Ref')),
  'Fn::GetAtt': getAtt,
  'Fn::Join': join,
  'Fn::Sub': substitute,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::GetAZs': (_argument, scope) => scope.zones,
};

/** The intrinsic function an object stands for, or undefined for plain data. */
function intrinsicOf(value: JsonObject): [string, Json] | undefined {
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length !== 1 || name === undefined || argument === undefined) return undefined;
  return name === 'Ref' || name.startsWith('Fn::') ? [name, argument] : undefined;
}

/** Replaces every intrinsic in `value`. Undefined means `AWS::NoValue`: its place disappears. */
export function resolve(value: Json, scope: IntrinsicScope): Json | undefined {
  if (Array.isArray(value))
    return value.map((part) => resolve(part, scope)).filter((part) => part !== undefined);
  if (!isObject(value)) return value;
  const [name, argument] = intrinsicOf(value) ?? [];
  if (name !== undefined && argument !== undefined) {
    const evaluate = intrinsics[name];
    if (!evaluate) throw new Error(`${name} is not handled by the local cloud`);
    return evaluate(argument, scope);
  }
  const result: JsonObject = {};
  for (const [key, part] of Object.entries(value)) {
    const replaced = resolve(part, scope);
    if (replaced !== undefined) result[key] = replaced;
  }
  return result;
}

/** Logical ids that `value` mentions, so that resources are created after what they refer to. */
export function referencesOf(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (!isObject(value)) return [];
  const [name, argument] = intrinsicOf(value) ?? [];
  if (name === 'Ref') return [String(argument)];
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) return [String(argument[0])];
  if (name === 'Fn::Sub')
    return [...String(argument).matchAll(/\$\{([^}.]+)/g)].map((match) => match[1] ?? '');
  return Object.values(value).flatMap(referencesOf);
}
