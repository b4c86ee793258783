import type { ResearchPayload } from '#contracts/job-request.ts';

const rules =
  'You research a topic from what you know: no tools, no network. Say what is uncertain and what you do not know. Be concrete and brief.';

export function researchSystem({ system }: ResearchPayload): string {
  return system === undefined ? rules : `${rules}\n\n${system}`;
}

export function renderPlan({ topic, questions }: ResearchPayload): string {
  return `Topic:\n${topic}\n\nWhich ${questions} questions, answered separately, would tell the most about it? Answer with a JSON array of ${questions} strings and nothing else.`;
}

export function renderRepair(fault: string, questions: number): string {
  return `That cannot be read: ${fault}. Answer with a JSON array of ${questions} strings and nothing else.`;
}

export function renderAnswer({ topic }: ResearchPayload, question: string): string {
  return `Topic:\n${topic}\n\nAnswer this one question about it:\n${question}`;
}

/** Answers of a model are material here, so they are marked off as JSON. */
export function renderSynthesis(
  { topic }: ResearchPayload,
  answers: readonly { question: string; answer: string }[],
): string {
  return `Topic:\n${topic}\n\nQuestions and what was answered to them, as JSON:\n${JSON.stringify(answers)}\n\nWrite what all of this comes to: the summary first, then what is uncertain or contradictory.`;
}
