import type { CodePayload } from '#contracts/job-request.ts';
import { toUsd } from '#contracts/usage.ts';
import { askOnce } from './ask-once.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';

const rules = `You write programs to a specification. Answer with the whole program in one fenced code block, ready to run, and after it a short explanation: how to run it, what it assumes, what it leaves out. Do not split the program over several blocks.`;

/** One program to a specification: one turn of the model, no tools. */
export function runCode(payload: CodePayload, context: WorkContext): Promise<WorkOutcome> {
  const { specification, language, system, model, maxTokens, responseCache } = payload;
  const question = {
    conversation: 'code',
    model,
    maxTokens,
    system: system === undefined ? rules : `${rules}\n\n${system}`,
    responseCache,
    prompt: `Language: ${language}\n\nSpecification:\n${specification}`,
  };
  return askOnce(question, context, (answer, costMicroUsd, cached) => {
    const { model: answeredBy, stopReason, usage, offline } = answer;
    return {
      ...splitAnswer(answer.text),
      language,
      stopReason,
      model: answeredBy,
      usage,
      costUsd: toUsd(costMicroUsd),
      ...(cached && { cached }),
      ...(offline && { offline: true as const }),
    };
  });
}

/** The longest fenced block is the program, and what stands around it the explanation. */
export function splitAnswer(text: string): { code: string; explanation: string } {
  const blocks = [...text.matchAll(/^(`{3,}|~{3,})[^\n]*\n([\s\S]*?)(?:^\1[^\S\n]*$|(?![\s\S]))/gm)];
  const longest = blocks.reduce<RegExpMatchArray | undefined>(
    (best, block) => ((block[2]?.length ?? 0) > (best?.[2]?.length ?? -1) ? block : best),
    undefined,
  );
  if (!longest) return { code: text.trim(), explanation: '' };
  const before = text.slice(0, longest.index).trim();
  const after = text.slice((longest.index ?? 0) + longest[0].length).trim();
  const code = longest[2] ?? '';
  return { code, explanation: [before, after].filter((part) => part !== '').join('\n\n') };
}
