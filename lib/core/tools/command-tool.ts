import * as z from 'zod';
import {
  type CommandProperty,
  type CommandTool,
  placeholder,
  placeholdersIn,
  toolLimits,
} from '#contracts/tools.ts';
import { programOutcome } from './program-outcome.ts';
import { requirePart } from './require-part.ts';
import { fail, makeTool, type Tool } from './tool.ts';

type Values = Record<string, string | number | boolean>;

/** A team's own tool. The definition must have passed the schema `commandTool`. */
export function makeCommandTool(command: CommandTool): Tool {
  const { name, description, idempotent, timeoutSeconds } = command;
  return makeTool(
    { name, description, idempotent, needs: 'sandbox' },
    argumentsSchema(command),
    async (values, deps, signal) => {
      const rendered = renderArgv(command, values);
      if ('fault' in rendered) return fail('invalid_input', `${rendered.fault} Nothing was run.`);
      const sandbox = requirePart(deps, 'sandbox');
      const run = await sandbox.run({ argv: rendered.argv, timeoutMs: timeoutSeconds * 1_000 }, signal);
      return programOutcome(run, timeoutSeconds);
    },
  );
}

/**
 * Each placeholder becomes its value and stays within its argument, whatever the value holds. An argument that
 * begins with a dash only because of a free string is refused, for a program would take it as an option; after
 * a literal `--`, and for values that the team listed itself, it is not.
 */
export function renderArgv(
  { argv, inputSchema: { properties } }: Pick<CommandTool, 'argv' | 'inputSchema'>,
  values: Values,
): { argv: string[] } | { fault: string } {
  const rendered: string[] = [];
  for (const [index, element] of argv.entries()) {
    const text = element.replace(placeholder, (_, name: string) => String(values[name] ?? ''));
    if (text.includes('\0')) return { fault: 'A value holds a NUL character.' };
    // The template's own `--` ends the options; one that a value has made is refused here.
    const mayBeOption = element.startsWith('{{') && !argv.slice(0, index).includes('--');
    const free = placeholdersIn(element).find((name) => !isTeamsWord(properties[name]));
    if (mayBeOption && free !== undefined && text.startsWith('-'))
      return { fault: `/${free}: must not begin with a dash, or it would be read as an option.` };
    rendered.push(text);
  }
  return { argv: rendered };
}

function isTeamsWord(property: CommandProperty | undefined): boolean {
  return property !== undefined && (property.type !== 'string' || property.enum !== undefined);
}

/** Checks what a command tool is given, and fills in its defaults. */
export function argumentsSchema({ inputSchema: { properties, required } }: Pick<CommandTool, 'inputSchema'>) {
  const fields = Object.entries(properties).map(([name, property]) => {
    const value = describe(valueSchema(property), property.description);
    if (property.default !== undefined) return [name, value.default(property.default)] as const;
    return [name, required.includes(name) ? value : value.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(fields)) as unknown as z.ZodType<Values>;
}

function describe(schema: z.ZodType, description: string | undefined): z.ZodType {
  return description === undefined ? schema : schema.describe(description);
}

function valueSchema(property: CommandProperty): z.ZodType {
  switch (property.type) {
    case 'string':
      return stringSchema(property);
    case 'boolean':
      return z.boolean();
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = property;
      return (property.type === 'integer' ? z.int() : z.number()).min(minimum).max(maximum);
    }
    default:
      return property satisfies never;
  }
}

function stringSchema(property: CommandProperty & { type: 'string' }): z.ZodType {
  if (property.enum) return z.enum(property.enum);
  const { pattern, minLength = 0, maxLength = toolLimits.argumentCharacters } = property;
  const text = z.string().min(minLength).max(maxLength);
  return pattern === undefined ? text : text.regex(new RegExp(pattern, 'u'));
}
