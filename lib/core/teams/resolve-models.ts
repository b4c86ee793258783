import { AppError } from '#contracts/errors.ts';
import type { ModelPrice } from '#contracts/model-entry.ts';
import { modelPrices } from '#contracts/model-prices.ts';
import type { AgentModel, TeamAgent, TeamFile } from '#contracts/team.ts';

export interface ModelSupply {
  /** What keys are set for: `anthropic`, `openai`; of your own servers `self-hosted/<server>`. */
  configured: readonly string[];
  /** False on AWS: workers there do not reach machines of your own. */
  selfHostedAllowed: boolean;
}

type Prices = Readonly<Record<string, ModelPrice>>;

/**
 * Which model each agent works with: its own where that can be had, else the first of its fallbacks. Nothing
 * that the team does not list ever takes over.
 *
 * @throws AppError `provider_key_missing` for an agent that has none, `not_supported_yet` where only a server of
 *   your own could serve it and workers do not reach it
 */
export function resolveModels(
  { agents }: Pick<TeamFile, 'agents'>,
  supply: ModelSupply,
  prices: Prices = modelPrices,
): Record<string, AgentModel> {
  const chosen = agents.map((agent) => {
    const model = findModel(agent, supply, prices);
    if (model === undefined) throw refuse(agent, supply, prices);
    return [agent.id, model === agent.model ? { model } : { model, insteadOf: agent.model }] as const;
  });
  return Object.fromEntries(chosen);
}

/** The model of one agent, or undefined where none of those that it lists can be had. */
export function findModel(
  { model, fallback }: Pick<TeamAgent, 'model' | 'fallback'>,
  supply: ModelSupply,
  prices: Prices = modelPrices,
): string | undefined {
  return [model, ...fallback].find((id) => isAtHand(id, supply, prices));
}

function isAtHand(id: string, { configured, selfHostedAllowed }: ModelSupply, prices: Prices): boolean {
  const price = prices[id];
  const place = placeOf(id, prices);
  if (!price || place === undefined) return false;
  if (price.provider !== 'self-hosted') return configured.includes(place);
  // An address in the model's own entry needs no key.
  return selfHostedAllowed && (configured.includes(place) || price.baseUrl !== undefined);
}

/** What a key is set for. A server's name is the second part of the ids of its models. */
function placeOf(id: string, prices: Prices): string | undefined {
  const provider = prices[id]?.provider;
  if (provider !== 'self-hosted') return provider;
  const [first, server] = id.split('/');
  return `self-hosted/${first === 'self-hosted' ? server : 'default'}`;
}

function refuse(
  { id, model, fallback }: TeamAgent,
  { selfHostedAllowed }: ModelSupply,
  prices: Prices,
): AppError {
  const place = placeOf(model, prices);
  const rest = fallback.length === 0 ? 'it has no fallback' : `nor can its fallback ${fallback.join(', ')}`;
  if (prices[model]?.provider === 'self-hosted' && !selfHostedAllowed)
    return new AppError(
      'not_supported_yet',
      `${id} works with ${model}, on a server of your own, which workers in AWS do not reach; ${rest}`,
      { remedy: 'run this team on your machine (npm start), or give the agent a fallback in team.yaml' },
    );
  const why = place === undefined ? 'which has no price' : `whose provider ${place} is not configured`;
  const message = `${id} works with ${model}, ${why}; ${rest}`;
  const settable = place ?? fallback.map((name) => placeOf(name, prices)).find((name) => name !== undefined);
  return new AppError('provider_key_missing', message, { remedy: commandFor(settable) });
}

function commandFor(place: string | undefined): string {
  if (place === undefined) return 'give the model a price in prompts/models.yaml';
  const [provider, server] = place.split('/');
  return server === undefined
    ? `muster keys set ${provider}`
    : `muster keys set ${provider} --name ${server}`;
}
