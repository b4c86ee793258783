import {
  type AgentResult,
  agentResult,
  type ChatResult,
  type CodeResult,
  chatResult,
  codeResult,
  echoResult,
  type ResearchResult,
  researchResult,
} from '#contracts/job-view.ts';
import type { TokenUsage } from '#contracts/usage.ts';
import { formatUsd } from '../format.ts';
import { printable, printableLine } from '../printable.ts';
import { changeLines } from './diff-stat.ts';

export interface ShownResult {
  /** What was asked for: the words, and nothing else. */
  text: string;
  /** Where it comes from and what it cost. */
  footnote: string | undefined;
}

/** A result document for people. A kind that is not known here is shown as it is. */
export function showResult(document: unknown): ShownResult {
  const chat = chatResult.safeParse(document);
  if (chat.success) return showChat(chat.data);
  const code = codeResult.safeParse(document);
  if (code.success) return showCode(code.data);
  const research = researchResult.safeParse(document);
  if (research.success) return showResearch(research.data);
  const agent = agentResult.safeParse(document);
  if (agent.success) return showAgent(agent.data);
  const echo = echoResult.safeParse(document);
  if (!echo.success) return { text: printable(JSON.stringify(document, undefined, 2)), footnote: undefined };
  const { message, processedBy } = echo.data;
  return { text: printable(message), footnote: `echo by worker ${printableLine(processedBy)}` };
}

interface Work {
  model: string;
  usage: TokenUsage;
  costUsd: number;
  offline?: true | undefined;
  cached?: true | undefined;
  cachedAnswers?: number | undefined;
}

/** Who did it, from how many tokens, for how much. */
function footnoteOf(work: Work, ...more: (string | undefined)[]): string {
  const { model, usage, costUsd, offline, cached, cachedAnswers = cached ? 1 : 0 } = work;
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const words = offline ? 'prewritten by the offline model; nothing was paid' : undefined;
  const parts = [
    printableLine(model),
    `${input} in, ${usage.outputTokens} out`,
    formatUsd(costUsd),
    cachedAnswers > 0 ? cachedNote(cachedAnswers) : undefined,
    ...more,
    words,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

export function cachedNote(answers: number): string {
  return `${answers} ${answers === 1 ? 'answer' : 'answers'} from the response cache`;
}

function showChat(chat: ChatResult): ShownResult {
  return { text: printable(chat.text), footnote: footnoteOf(chat, cutNote(chat.stopReason)) };
}

function cutNote(stopReason: string): string | undefined {
  return stopReason === 'max_tokens' ? 'cut off at --max-tokens' : undefined;
}

/** The program alone, so that it can go into a file; what is said about it goes with the rest. */
function showCode(result: CodeResult): ShownResult {
  const { code, explanation, language, stopReason } = result;
  const footnote = footnoteOf(result, printableLine(language), cutNote(stopReason));
  const about = printable(explanation).trim();
  return { text: printable(code).trimEnd(), footnote: about === '' ? footnote : `${about}\n${footnote}` };
}

function showResearch(result: ResearchResult): ShownResult {
  const answers = result.questions.flatMap(({ question, answer }) => [
    '',
    `${printableLine(question)}`,
    printable(answer),
  ]);
  const text = [printable(result.summary), ...answers].join('\n');
  return { text, footnote: footnoteOf(result, `${result.questions.length} questions`) };
}

/** Lines of a check's output that are shown: its end says how it went. */
const outputLines = 12;

function showAgent(result: AgentResult): ShownResult {
  const { summary, evidence, limitations, files, moreFiles, turns, confidence, stopped } = result;
  const text = [
    ...(stopped ? [`Stopped by a cap (${stopped.cap}): ${printable(stopped.message)}`, ''] : []),
    printable(summary),
    ...evidence.flatMap(showEvidence),
    ...(limitations.length === 0 ? [] : ['', 'Limitations']),
    ...limitations.map((line) => `  - ${printableLine(line)}`),
    ...(files.length === 0 ? [] : ['', ...changeLines(files, moreFiles)]),
  ];
  const sure = `confidence ${Math.round(confidence * 100)} %`;
  return {
    text: text.join('\n'),
    footnote: footnoteOf(result, `${turns} turn${turns === 1 ? '' : 's'}`, sure),
  };
}

function showEvidence({ criterion, check, output }: AgentResult['evidence'][number]): string[] {
  const lines = printable(output).trimEnd().split('\n');
  const cut = lines.length > outputLines ? [`… ${lines.length - outputLines} lines before`] : [];
  const shown = [...cut, ...lines.slice(-outputLines)].map((line) => `    ${line}`);
  return ['', printableLine(criterion), `  $ ${printableLine(check)}`, ...shown];
}
