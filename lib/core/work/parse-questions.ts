import * as z from 'zod';

/** What the model is asked for is a list; some put it into an object or a code block. */
const shape = z.union([
  z.array(z.string()),
  z.object({ questions: z.array(z.string()) }).transform(({ questions }) => questions),
]);

/** The list of questions in a model's answer, or what is wrong with it, in words for the model. */
export function parseQuestions(text: string, wanted: number): { questions: string[] } | { fault: string } {
  const json = /[[{][\s\S]*[\]}]/.exec(text)?.[0];
  if (json === undefined) return { fault: 'there is no JSON in it' };
  const parsed = shape.safeParse(tryParse(json));
  if (!parsed.success) return { fault: 'it is not a JSON array of strings' };
  const questions = parsed.data.map((question) => question.trim()).filter((question) => question !== '');
  if (questions.length < wanted) return { fault: `it has ${questions.length} questions` };
  return { questions: questions.slice(0, wanted) };
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Which the schema then says.
    return undefined;
  }
}
