import type { ScriptSource } from '../../lib/local/offline-model/script.ts';

type Rule = ScriptSource['rules'][number];

export const answerText = 'These words were written beforehand, for a test.';

/** A script that answers with `answerText`, after the rules that are given. */
export function scriptWith(...rules: Rule[]): ScriptSource {
  const otherwise = { name: 'otherwise', answer: { blocks: [{ type: 'text' as const, text: answerText }] } };
  return { rules: [...rules, otherwise] };
}

/** A rule that fails with this status, once. */
export function failOnce(
  status: number,
  type: string,
  more: { retryAfterSeconds?: number; errorCode?: string } = {},
): Rule {
  return { name: `${status} once`, times: 1, fault: { kind: 'status', status, type, ...more } };
}
