import { isObject, type Json, type JsonObject } from './json.ts';

/** What an intrinsic needs to know about the stack around it. */
export interface IntrinsicScope {
  ref(name: string): Json | undefined;
  attribute(logicalId: string, name: string): Json;
  condition(name: string): boolean;
  mapping(map: string, key: string, name: string): Json;
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

function resolvedList(value: Json | undefined, name: string, scope: IntrinsicScope): Json[] {
  return list(value === undefined ? undefined : resolve(value, scope), name);
}

function truth(value: Json | undefined, scope: IntrinsicScope): boolean {
  if (isObject(value) && typeof value.Condition === 'string') return scope.condition(value.Condition);
  const resolved = value === undefined ? undefined : resolve(value, scope);
  return resolved === true || resolved === 'true';
}

function join(argument: Json, scope: IntrinsicScope): string {
  const [separator, parts] = list(argument, 'Fn::Join');
  const texts = resolvedList(parts, 'Fn::Join', scope).map((part) => text(part, 'Fn::Join'));
  return scope.rewrite(texts.join(text(separator, 'Fn::Join')));
}

function substitute(argument: Json, scope: IntrinsicScope): string {
  const [template, own] = Array.isArray(argument) ? argument : [argument];
  const locals: JsonObject = isObject(own) ? own : {};
  const filled = text(template, 'Fn::Sub').replace(
    /\$\{(!?)([^}]+)\}/g,
    (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      const local = locals[name];
      if (local !== undefined) return text(resolve(local, scope), 'Fn::Sub');
      const [logicalId = '', ...attribute] = name.split('.');
      if (attribute.length > 0) return text(scope.attribute(logicalId, attribute.join('.')), 'Fn::Sub');
      return text(scope.ref(name), `Fn::Sub \${${name}}`);
    },
  );
  return scope.rewrite(filled);
}

function select(argument: Json, scope: IntrinsicScope): Json {
  const [index, values] = list(argument, 'Fn::Select');
  const all = resolvedList(values, 'Fn::Select', scope);
  const chosen = all[Number(text(resolve(index ?? null, scope), 'Fn::Select'))];
  if (chosen === undefined)
    throw new Error(`Fn::Select: index ${JSON.stringify(index)} of ${all.length} values`);
  return chosen;
}

function split(argument: Json, scope: IntrinsicScope): Json {
  const [separator, value] = list(argument, 'Fn::Split');
  return text(resolve(value ?? null, scope), 'Fn::Split').split(text(separator, 'Fn::Split'));
}

function getAtt(argument: Json, scope: IntrinsicScope): Json {
  const parts = typeof argument === 'string' ? argument.split('.') : list(argument, 'Fn::GetAtt');
  const [logicalId, ...name] = parts.map((part) => text(resolve(part, scope), 'Fn::GetAtt'));
  return scope.attribute(logicalId ?? '', name.join('.'));
}

function findInMap(argument: Json, scope: IntrinsicScope): Json {
  const [map, key, name] = resolvedList(argument, 'Fn::FindInMap', scope).map((part) =>
    text(part, 'Fn::FindInMap'),
  );
  return scope.mapping(map ?? '', key ?? '', name ?? '');
}

function choose(argument: Json, scope: IntrinsicScope): Json | undefined {
  const [condition, then, otherwise] = list(argument, 'Fn::If');
  const branch = scope.condition(text(condition, 'Fn::If')) ? then : otherwise;
  return branch === undefined ? undefined : resolve(branch, scope);
}

function equals(argument: Json, scope: IntrinsicScope): boolean {
  const [left, right] = resolvedList(argument, 'Fn::Equals', scope);
  return JSON.stringify(left) === JSON.stringify(right);
}

const intrinsics: Record<string, Evaluate> = {
  Ref: (argument, scope) => scope.ref(text(argument, 'Ref')),
  'Fn::GetAtt': getAtt,
  'Fn::Join': join,
  'Fn::Sub': substitute,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::GetAZs': (_argument, scope) => scope.zones,
  'Fn::FindInMap': findInMap,
  'Fn::If': choose,
  'Fn::Equals': equals,
  'Fn::And': (argument, scope) => list(argument, 'Fn::And').every((part) => truth(part, scope)),
  'Fn::Or': (argument, scope) => list(argument, 'Fn::Or').some((part) => truth(part, scope)),
  'Fn::Not': (argument, scope) => !truth(list(argument, 'Fn::Not')[0], scope),
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
  if (Array.isArray(value)) {
    return value.map((part) => resolve(part, scope)).filter((part) => part !== undefined);
  }
  if (!isObject(value)) return value;
  const intrinsic = intrinsicOf(value);
  if (intrinsic) {
    const evaluate = intrinsics[intrinsic[0]];
    if (!evaluate) throw new Error(`${intrinsic[0]} is not handled by the local cloud`);
    return evaluate(intrinsic[1], scope);
  }
  const result: JsonObject = {};
  for (const [key, part] of Object.entries(value)) {
    const resolved = resolve(part, scope);
    if (resolved !== undefined) result[key] = resolved;
  }
  return result;
}

/** Logical ids that `value` mentions, so that resources are created after what they refer to. */
export function referencesOf(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (!isObject(value)) return [];
  const [name, argument] = intrinsicOf(value) ?? [];
  if (name === 'Ref' && typeof argument === 'string') return [argument];
  if (name === 'Fn::GetAtt')
    return [String(Array.isArray(argument) ? argument[0] : argument).split('.')[0] ?? ''];
  const nested = Object.values(value).flatMap(referencesOf);
  if (name !== 'Fn::Sub') return nested;
  const template = String(Array.isArray(argument) ? argument[0] : argument);
  return [...nested, ...[...template.matchAll(/\$\{([^!.}][^.}]*)/g)].map((match) => match[1] ?? '')];
}
