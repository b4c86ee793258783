import type { TeamView } from '#contracts/team.ts';
import { formatUsd } from '../format.ts';
import { printableLine } from '../printable.ts';

export interface Bounds {
  budgetUsd?: number | undefined;
  cycles?: number | undefined;
  /** The API answers with prewritten words. */
  offlineModel: boolean;
}

/** What has to be known before money is spent: how much at most, and who works with which model instead. */
export function beforeStart(team: TeamView, { budgetUsd, cycles, offlineModel }: Bounds): string[] {
  return [costLine(team, { budgetUsd, cycles, offlineModel }), ...team.agents.flatMap(seatLine)];
}

function costLine(team: TeamView, { budgetUsd, cycles = team.maxCycles, offlineModel }: Bounds): string {
  const budget = formatUsd(budgetUsd ?? team.budgetUsd);
  const whose = budgetUsd === undefined ? ", the team's own budget" : '';
  const over = `${cycles} cycle${cycles === 1 ? '' : 's'}`;
  if (offlineModel)
    return `Costs nothing: the offline model answers, with prewritten words. By the price list it ends at ${budget}, after at most ${over}.`;
  return `Costs at most ${budget}${whose}, in at most ${over}.`;
}

function seatLine({ id, model, fallback, fallsBackTo }: TeamView['agents'][number]): string[] {
  if (fallsBackTo === undefined) return [];
  if (fallsBackTo !== null)
    return [
      `${printableLine(id)} falls back to ${printableLine(fallsBackTo)}: ${printableLine(model)} is not configured.`,
    ];
  const tried = [model, ...fallback].map(printableLine).join(', ');
  return [`${printableLine(id)} has no model: none of ${tried} is configured.`];
}
