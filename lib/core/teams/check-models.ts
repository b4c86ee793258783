import { modelPrices, modelsWithoutPrice, retiredModels } from '#contracts/model-prices.ts';
import type { TeamFile } from '#contracts/team.ts';
import { faultAt, type TeamFault } from './team-fault.ts';

/** Models that nobody knows, or that could never be paid for. */
export function checkModels({ agents }: TeamFile): TeamFault[] {
  return agents.flatMap(({ id, model, fallback, maxTokens }, at) => {
    const named = [
      { name: model, path: ['agents', at, 'model'] },
      ...fallback.map((name, index) => ({ name, path: ['agents', at, 'fallback', index] })),
    ];
    const unknown = named.flatMap(({ name, path }) =>
      isKnown(name) ? [] : [faultAt(path, unknownModel(name))],
    );
    const tooShort = named.flatMap(({ name, path }) => {
      const most = modelPrices[name]?.maxOutputTokens ?? maxTokens;
      if (maxTokens <= most) return [];
      return [faultAt(path, `${name} writes at most ${most} tokens, but ${id} has maxTokens ${maxTokens}`)];
    });
    if (unknown.length > 0 || named.some(({ name }) => isPriced(name))) return [...unknown, ...tooShort];
    return [faultAt(['agents', at, 'model'], unpriced(model))];
  });
}

function isPriced(model: string): boolean {
  return Object.hasOwn(modelPrices, model);
}

function isKnown(model: string): boolean {
  return isPriced(model) || Object.hasOwn(modelsWithoutPrice, model);
}

function unknownModel(model: string): string {
  const instead = Object.hasOwn(retiredModels, model) ? retiredModels[model] : undefined;
  if (instead !== undefined) return `model "${model}" is retired; use ${instead}`;
  return `model "${model}" is not known; known are ${Object.keys(modelPrices).join(', ')} (prompts/models.yaml)`;
}

function unpriced(model: string): string {
  return `model "${model}" has no price in prompts/models.yaml, so it is never used; add a fallback that has one`;
}
