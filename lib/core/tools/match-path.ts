/**
 * Whether a path fits a pattern: `*` within a name, `**` across folders, `?` one character. A pattern without a
 * slash is held against the last name alone. Takes time in the product of both lengths at most, whatever they are.
 */
export function matchPath(pattern: string, path: string): boolean {
  const names = path.split('/');
  if (!pattern.includes('/')) return matchName(pattern, names.at(-1) ?? '');
  return matchSequence(pattern.split('/'), names, (part) => part === '**', matchName);
}

function matchName(pattern: string, name: string): boolean {
  return matchSequence(
    [...pattern],
    [...name],
    (character) => character === '*',
    (wanted, found) => wanted === '?' || wanted === found,
  );
}

/** Goes back to the last `any` only: an earlier one could take no more than that one can. */
function matchSequence(
  pattern: readonly string[],
  items: readonly string[],
  isAny: (part: string) => boolean,
  matches: (part: string, item: string) => boolean,
): boolean {
  let part = 0;
  let item = 0;
  let retry: { part: number; item: number } | undefined;
  while (item < items.length) {
    const wanted = pattern[part];
    if (wanted !== undefined && isAny(wanted)) retry = { part: ++part, item };
    else if (wanted !== undefined && matches(wanted, items[item] ?? '')) {
      part++;
      item++;
    } else if (retry) {
      part = retry.part;
      item = ++retry.item;
    } else return false;
  }
  return pattern.slice(part).every(isAny);
}
