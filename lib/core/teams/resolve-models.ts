import { AppError } from '#contracts/errors.ts';
import type { ModelPrice } from '#contracts/model-entry.ts';
import { modelPrices } from '#contracts/model-prices.ts';
import type { AgentModel, TeamAgent, TeamFile } from '#contracts/team.ts';

export interface ModelSupply {
  /** Providers that are configured, as `prompts/models.yaml` calls them. */
  configured: readonly string[];
  /** False on AWS: workers there do not reach machines of your own. */
  selfHostedAllowed: boolean;
}

/**
 * Which model each agent works with: its own where that can be had, else the first of its fallbacks. Nothing
 * that the team does not list ever takes over.
 *
 * @throws AppError `provider_key_missing` for an agent that has none, `not_supported_yet` where only a server of
 *   one's own could serve it and none is reachable
 */
export function resolveModels(
  { agents }: Pick<TeamFile, 'agents'>,
  supply: ModelSupply,
  prices: Readonly<Record<string, ModelPrice>> = modelPrices,
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
  prices: Readonly<Record<string, ModelPrice>> = modelPrices,
): string | undefined {
  return [model, ...fallback].find((name) => isAtHand(prices[name], supply));
}

function isAtHand(price: ModelPrice | undefined, { configured, selfHostedAllowed }: ModelSupply): boolean {
  if (!price) return false;
  if (price.provider === 'self-hosted' && !selfHostedAllowed) return false;
  return configured.includes(price.provider);
}

function refuse(
  { id, model, fallback }: TeamAgent,
  { selfHostedAllowed }: ModelSupply,
  prices: Readonly<Record<string, ModelPrice>>,
): AppError {
  const provider = prices[model]?.provider;
  const rest = fallback.length === 0 ? 'it has no fallback' : `nor can its fallback ${fallback.join(', ')}`;
  if (provider === 'self-hosted' && !selfHostedAllowed)
    return new AppError(
      'not_supported_yet',
      `${id} works with ${model}, a server of your own, which workers in AWS do not reach; ${rest}`,
      { remedy: 'run this team on your machine (npm start), or give the agent a fallback in team.yaml' },
    );
  const needed = provider ?? 'unknown provider';
  const message = `${id} works with ${model}, whose provider ${needed} is not configured; ${rest}`;
  const keyed = [model, ...fallback].flatMap((name) => prices[name]?.provider ?? [])[0];
  return new AppError('provider_key_missing', message, {
    remedy:
      keyed === undefined ? 'give the model a price in prompts/models.yaml' : `muster keys set ${keyed}`,
  });
}
