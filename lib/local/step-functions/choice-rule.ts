import { isObject, type Json, type JsonObject } from '../json.ts';
import { query, requireValue, type Scope } from './paths.ts';

export type ChoiceRule = (scope: Scope) => boolean;

const typeTests: Record<string, (value: Json | undefined) => boolean> = {
  IsNull: (value) => value === null,
  IsPresent: (value) => value !== undefined,
  IsNumeric: (value) => typeof value === 'number',
  IsString: (value) => typeof value === 'string',
  IsBoolean: (value) => typeof value === 'boolean',
};

const orders: Record<string, (a: string | number, b: string | number) => boolean> = {
  Equals: (a, b) => a === b,
  LessThan: (a, b) => a < b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThan: (a, b) => a > b,
  GreaterThanEquals: (a, b) => a >= b,
};
const comparison = /^(String|Numeric|Boolean)([A-Z][A-Za-z]*?)(Path)?$/;

/** A value to compare as the operator sees it; undefined where it is of another type, and so matches nothing. */
function operand(type: string | undefined, value: Json): string | number | undefined {
  if (type === 'Boolean') return typeof value === 'boolean' ? String(value) : undefined;
  if (type === 'String') return typeof value === 'string' ? value : undefined;
  return typeof value === 'number' ? value : undefined;
}

function compare(variable: string, operator: string, expected: Json): ChoiceRule {
  const [, type, order = '', path] = comparison.exec(operator) ?? [];
  const compareValues = orders[order];
  if (!type || !compareValues || (type === 'Boolean' && order !== 'Equals'))
    throw new Error(`${operator} is not handled in a choice`);
  return (scope) => {
    const a = operand(type, requireValue(variable, scope));
    const b = operand(type, path ? requireValue(String(expected), scope) : expected);
    return a !== undefined && b !== undefined && compareValues(a, b);
  };
}

/** One entry of `Choices`, without its `Next`. Throws for an operator that is not known. */
export function compileRule(rule: Json | undefined): ChoiceRule {
  if (!isObject(rule)) throw new Error(`a choice is an object, got ${JSON.stringify(rule)}`);
  const { Comment: _, Next: __, Variable, ...operators } = rule;
  const [operator, expected] = Object.entries(operators)[0] ?? [];
  if (operator === undefined || expected === undefined || Object.keys(operators).length !== 1)
    throw new Error(`a choice has one operator, got ${Object.keys(operators).join(', ') || 'none'}`);
  if (operator === 'Not') return negate(compileRule(expected));
  if (operator === 'And' || operator === 'Or') return combine(operator, expected);
  return compileTest(String(Variable), operator, expected);
}

function compileTest(variable: string, operator: string, expected: Json): ChoiceRule {
  const test = typeTests[operator];
  if (test) return (scope) => test(query(variable, scope)) === expected;
  return compare(variable, operator, expected);
}

function negate(rule: ChoiceRule): ChoiceRule {
  return (scope) => !rule(scope);
}

function combine(operator: 'And' | 'Or', rules: JsonObject[string]): ChoiceRule {
  const compiled = [rules].flat().map(compileRule);
  if (operator === 'And') return (scope) => compiled.every((rule) => rule(scope));
  return (scope) => compiled.some((rule) => rule(scope));
}
