/** What the command line needs of stdout and stderr. */
export interface Stream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}
