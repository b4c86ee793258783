import { printableLine } from './printable.ts';

export interface Column<T> {
  title: string;
  value(row: T): string;
  align?: 'right';
  /** Applied after padding. */
  paint?(text: string, row: T): string;
}

const gap = '  ';

/** Aligned lines, the header first. Cells are made printable. */
export function formatTable<T>(rows: readonly T[], columns: readonly Column<T>[]): string[] {
  const cells = rows.map((row) => columns.map(({ value }) => printableLine(value(row))));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const pad = (text: string, index: number) =>
    columns[index]?.align === 'right' ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
  const header = columns.map(({ title }, index) => pad(title, index)).join(gap);
  const lines = rows.map((row, at) =>
    columns
      .map(({ paint }, index) => {
        const text = pad(cells[at]?.[index] ?? '', index);
        return paint ? paint(text, row) : text;
      })
      .join(gap),
  );
  return [header, ...lines].map((line) => line.trimEnd());
}

/** `name  value` pairs under each other; pairs without a value are left out. */
export function formatFields(fields: readonly (readonly [string, string | undefined])[]): string[] {
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}${gap}${value}`);
}
