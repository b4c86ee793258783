const wordsMin = 4;
/** Ends of sentences, also of other scripts; closing quotes and brackets may follow. */
const end = /[.!?…。！？؟।]["'”’»)\]]*$/;

/** Why this is no complete sentence; undefined where it is one. */
export function faultOfSentence(text: string): string | undefined {
  const trimmed = text.trim();
  const words = countWords(trimmed);
  if (words < wordsMin) return `must be a complete sentence of at least ${wordsMin} words; it has ${words}`;
  if (!end.test(trimmed)) return 'must be a complete sentence, with a full stop at its end';
  return undefined;
}

/** Not all scripts have spaces between words. */
function countWords(text: string): number {
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  return [...segmenter.segment(text)].filter(({ isWordLike }) => isWordLike).length;
}
