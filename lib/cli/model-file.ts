import { parse } from 'yaml';
import * as z from 'zod';
import { type ModelEntry, type ModelPrice, modelEntry, modelPrice } from '#contracts/model-entry.ts';
import { modelProviders } from '#contracts/provider-keys.ts';

const prices = modelPrice.pick({ input: true, output: true, cacheWrite: true, cacheRead: true });
const common = modelPrice
  .omit({ provider: true, apiModel: true, input: true, output: true, cacheWrite: true, cacheRead: true })
  .partial();

const modelFile = z.strictObject({
  defaultModel: z.string(),
  providers: z.partialRecord(z.enum(modelProviders), common),
  models: z.record(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9./:-]{0,99}$/, 'must be an id of lower-case letters, digits and - . / :'),
    common.extend({
      provider: z.enum(modelProviders),
      apiModel: z.string().optional(),
      price: prices.optional(),
    }),
  ),
  retired: z.record(z.string(), z.string()),
});
type ModelFile = z.infer<typeof modelFile>;

export interface ModelTable {
  date: string;
  defaultModel: string;
  priced: Record<string, ModelPrice>;
  unpriced: Record<string, ModelEntry>;
  retired: Record<string, string>;
}

/**
 * Reads `prompts/models.yaml`. Ids keep their order.
 *
 * @throws Error that names every fault
 */
export function readModelTable(yaml: string): ModelTable {
  const parsed = modelFile.safeParse(parse(yaml));
  if (!parsed.success) throw new Error(`models.yaml is not valid:\n${z.prettifyError(parsed.error)}`);
  const file = parsed.data;
  const table = splitByPrice(file);
  requireKnown(file, table.priced);
  const [date = ''] = Object.values(table.priced)
    .map((price) => price.date)
    .sort()
    .reverse();
  return { ...table, date, defaultModel: file.defaultModel, retired: file.retired };
}

function splitByPrice({ models, providers }: ModelFile): Pick<ModelTable, 'priced' | 'unpriced'> {
  const priced: Record<string, ModelPrice> = {};
  const unpriced: Record<string, ModelEntry> = {};
  for (const [id, { price, ...own }] of Object.entries(models)) {
    const { date, source, ...place } = { ...namedBy(id, own), ...providers[own.provider], ...own };
    if (price) priced[id] = complete(modelPrice, id, { ...place, ...price, date, source });
    else unpriced[id] = complete(modelEntry, id, place);
  }
  return { priced, unpriced };
}

const selfHostedId = /^self-hosted\/([^/]+)\/(.+)$/;

/** What an id says: `self-hosted/<server>/<model>` names both, any other the model alone. */
function namedBy(id: string, { provider }: { provider: string }): { apiModel: string; server?: string } {
  const [, server, apiModel] = selfHostedId.exec(id) ?? [];
  if (provider !== 'self-hosted' || server === undefined || apiModel === undefined) return { apiModel: id };
  return { apiModel, server };
}

function complete<T extends z.ZodType>(schema: T, id: string, fields: unknown): z.output<T> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new Error(`models.yaml: ${id} is not complete:\n${z.prettifyError(parsed.error)}`);
}

function requireKnown(file: ModelFile, priced: Record<string, ModelPrice>): void {
  for (const id of [file.defaultModel, ...Object.values(file.retired)]) {
    if (!Object.hasOwn(priced, id)) throw new Error(`models.yaml: "${id}" is referred to, but has no price`);
  }
  const both = Object.keys(file.retired).find((id) => Object.hasOwn(file.models, id));
  if (both !== undefined) throw new Error(`models.yaml: "${both}" is both a model and retired`);
}

/** The table as a module, in the house's format: deployed functions then need neither the file nor YAML. */
export function renderModelTable(table: ModelTable): string {
  return `// Written by \`npm run models\` from prompts/models.yaml; change it there.
import type { ModelEntry, ModelPrice } from './model-entry.ts';

export const tableDate = ${print(table.date)};

export const defaultModelId = ${print(table.defaultModel)};

export const pricedModels: Readonly<Record<string, ModelPrice>> = ${print(table.priced)};

export const unpricedModels: Readonly<Record<string, ModelEntry>> = ${print(table.unpriced)};

export const retiredIds: Readonly<Record<string, string>> = ${print(table.retired)};
`;
}

function print(value: unknown, indent = ''): string {
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const lines = Object.entries(value).map(
    ([key, item]) => `${inner}${printKey(key)}: ${print(item, inner)},\n`,
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
}

function printKey(key: string): string {
  return /^[a-z]\w*$/i.test(key) ? key : print(key);
}
