import { JSONPath } from 'jsonpath-plus';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { ExecutionFault, runtimeFault } from './execution-fault.ts';

/** What paths are read from: `$` is the data, `$$` the context. */
export interface Scope {
  data: Json;
  context: JsonObject;
}

/** Wildcards, slices, filters and descents always find a list, however long; any other path finds one value. */
const findsList = /\*|\.\.|\[\?|:|,/;
export const referencePath = /^\$(\.[\w-]+)*$/;

/** The value at a path; undefined where there is none. */
export function query(path: string, scope: Scope): Json | undefined {
  const [json, expression] = path.startsWith('$$') ? [scope.context, path.slice(1)] : [scope.data, path];
  if (expression === '$') return json;
  if (typeof json !== 'object' || json === null) return undefined;
  const found = JSONPath({ path: expression, json, eval: 'safe' }) as Json[];
  return findsList.test(expression) ? found : found[0];
}

export function requireValue(path: string, scope: Scope): Json {
  const value = query(path, scope);
  if (value === undefined) throw runtimeFault(`The JSONPath '${path}' could not be found in the input`);
  return value;
}

/** `InputPath` and `OutputPath`. */
export function select(path: string | null | undefined, scope: Scope): Json {
  return path === null ? {} : requireValue(path ?? '$', scope);
}

/** `Parameters`, `ItemSelector` and `ResultSelector`: members that end in `.$` are computed. */
export function fill(template: Json, scope: Scope): Json {
  if (Array.isArray(template)) return template.map((part) => fill(part, scope));
  if (!isObject(template)) return template;
  const entries = Object.entries(template).map(([key, value]) =>
    key.endsWith('.$') ? [key.slice(0, -2), requireValue(String(value), scope)] : [key, fill(value, scope)],
  );
  return Object.fromEntries(entries) as JsonObject;
}

/** `ResultPath`: the input with the result at its place. */
export function place(path: string | null | undefined, input: Json, result: Json): Json {
  if (path === null) return input;
  const [, ...names] = (path ?? '$').split('.');
  return placeAt(names, input, result);
}

function placeAt([name, ...rest]: string[], input: Json, result: Json): Json {
  if (name === undefined) return result;
  if (!isObject(input))
    throw new ExecutionFault('States.ResultPathMatchFailure', `There is no object to put '${name}' into`);
  return { ...input, [name]: placeAt(rest, input[name] ?? {}, result) };
}
