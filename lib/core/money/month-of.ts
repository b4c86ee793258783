/** `YYYY-MM`, UTC: the month that grants are counted in. */
export function monthOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 7);
}
