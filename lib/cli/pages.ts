import { InvalidArgumentError, Option } from 'commander';
import { limits } from '#contracts/limits.ts';

/** `--limit`: how many items a list shows, over however many pages. */
export function limitOption(): Option {
  return new Option('--limit <n>', `how many; default ${limits.pageItemsDefault}`).argParser(toLimit);
}

function toLimit(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number, from 1.');
}

interface Page<Item> {
  items: readonly Item[];
  cursor?: string | undefined;
}

/** Asks for pages until there are enough items: a page may be short and still not the last. */
export async function takeItems<Item>(
  wanted: number,
  askFor: (place: { limit: number; cursor?: string | undefined }) => Promise<{ body: Page<Item> }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await askFor({ limit: Math.min(wanted - items.length, limits.pageItemsMax), cursor });
    items.push(...body.items);
    cursor = body.cursor;
  } while (cursor !== undefined && items.length < wanted);
  return items;
}
