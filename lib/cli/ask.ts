import { type Command, InvalidArgumentError } from 'commander';
import { requireTeam } from '#adapters/teams/compile-teams.ts';
import { AppError } from '#contracts/errors.ts';
import type { JobView } from '#contracts/job-view.ts';
import type { TeamAgent, TeamDocument } from '#contracts/team.ts';
import { renderPrompt } from '#core/teams/render-prompt.ts';
import { type QuestionRoute, routeQuestion } from '#core/teams/route-question.ts';
import { works } from './command.ts';
import type { Context } from './context.ts';
import { awaitJob } from './job/await-job.ts';
import { costBound } from './job/cost-bound.ts';
import { outcomeError } from './job/job-outcome.ts';
import { idempotencyKeyOf } from './job/job-request-options.ts';
import { sendFolder } from './job/send-folder.ts';
import { showResult } from './job/show-result.ts';
import { shippedTeam } from './team/shipped-team.ts';
import { isFolder, toFolder } from './team/team-folder.ts';

interface AskOptions {
  team: string;
  project?: string;
  dir?: string;
  budget?: number;
  who?: boolean;
}

/** `muster ask "…"`. */
export function addAsk(program: Command): void {
  const command = program
    .command('ask')
    .description('ask the member of a team whose kind of task it is, and say who that is and why')
    .argument('<question>', 'in one line')
    .option('--team <team>', 'its name, or a folder with a team.yaml', 'collaboration')
    .option('--who', 'only say who answers')
    .option('--project <name>', 'what the answer is grouped and paid under')
    .option('--dir <folder>', 'files that the agent may look at; .gitignore is respected')
    .option('--budget <usd>', 'what the answer may cost, in US dollars', toUsd)
    .addHelpText('after', help);
  works<[string], AskOptions>(command, async (context, options, question) => {
    const document = await readDocument(context, options);
    const route = routeQuestion(document.team, question);
    const agent = document.team.agents.find(({ id }) => id === route.id);
    if (options.who || !agent) return tellWho(context, route);
    context.out.note(sentenceOf(route));
    return answer(context, { ...options, document, agent, route, question });
  });
}

function toUsd(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

const help = `
Who answers follows from the team's task matrix alone: muster team show collaboration. A person is named, not asked.

Examples:
  $ muster ask "check AWS costs for this month"
  $ muster ask "who looks at a broken data pipeline?" --who`;

/** By name as the API has it; who answers can also be said where none is running. */
async function readDocument({ api }: Context, { team, who }: AskOptions): Promise<TeamDocument> {
  if (isFolder(team)) return requireTeam(toFolder(team));
  try {
    return (await (await api()).call('readTeam', { params: { name: team } })).body.document;
  } catch (error) {
    if (!who || !(error instanceof AppError) || error.code !== 'no_api') throw error;
    return requireTeam(shippedTeam(team));
  }
}

function sentenceOf({ id, title, isPerson, because }: QuestionRoute): string {
  return `${id} (${isPerson ? `${title}, a person` : title}) answers: ${because}`;
}

function tellWho({ out }: Context, route: QuestionRoute): 0 {
  out.answer(route, () => [sentenceOf(route)]);
  if (route.isPerson) out.note('A person decides that; no agent may.');
  return 0;
}

interface Question extends AskOptions {
  document: TeamDocument;
  agent: TeamAgent;
  route: QuestionRoute;
  question: string;
}

/** The agent's own model first, then those that the team lists for where nobody has set a key. */
async function answer(context: Context, asked: Question): Promise<number> {
  const { model, fallback } = asked.agent;
  const models = [model, ...fallback];
  for (const [at, name] of models.entries()) {
    const job = await awaitJob(context, (await submit(context, asked, name)).id);
    const next = models[at + 1];
    if (job.error?.code === 'provider_key_missing' && next !== undefined)
      context.out.note(`${name} cannot be had here; ${asked.agent.id} falls back to ${next}`);
    else return show(context, asked.route, job);
  }
  throw new AppError('provider_key_missing', `no model of ${asked.agent.id} can be had`);
}

async function submit(
  context: Context,
  { project, dir, budget, ...asked }: Question,
  model: string,
): Promise<JobView> {
  const api = await context.api();
  const body = {
    ...toRequest(asked, model),
    ...(project && { project }),
    ...(budget !== undefined && { budgetUsd: budget }),
  };
  const bound = costBound(body, api.target.offlineModel);
  if (dir !== undefined)
    Object.assign(body.payload, { workspace: await sendFolder(context, { type: body.type, project }, dir) });
  if (bound !== undefined) context.out.note(context.out.paint('gray', bound));
  return (await api.call('submitJob', { body, idempotencyKey: idempotencyKeyOf({}) })).body;
}

/** An agent without tools only answers. */
function toRequest(
  { document, agent, question }: Pick<Question, 'document' | 'agent' | 'question'>,
  model: string,
) {
  const { id, maxTokens, effort, responseCache, tools, maxTurns, timeoutSeconds, compute } = agent;
  const system = renderPrompt(document, id);
  const common = { prompt: question, system, model, maxTokens, ...(responseCache && { responseCache }) };
  const commandTools = document.team.tools
    .filter(({ agents }) => agents.includes(id))
    .map(({ agents: _agents, check: _check, ...tool }) => tool);
  if (tools.length === 0 && commandTools.length === 0)
    return { type: 'chat', payload: common as Record<string, unknown>, timeoutSeconds };
  const payload: Record<string, unknown> = {
    ...common,
    tools,
    commandTools,
    maxTurns,
    ...(effort && { effort }),
  };
  return { type: 'agent', payload, timeoutSeconds, ...(compute && { compute }) };
}

async function show(context: Context, route: QuestionRoute, job: JobView): Promise<number> {
  const { out } = context;
  if (job.status !== 'SUCCEEDED') throw outcomeError(job);
  const { body: result } = await (await context.api()).call('readResult', { params: { id: job.id } });
  const { text, footnote } = showResult(result);
  out.answer({ route, job, result }, () => [text]);
  out.note(out.paint('gray', `${footnote === undefined ? '' : `${footnote} · `}${job.id}`));
  return 0;
}
