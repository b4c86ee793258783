import * as z from 'zod';

export const priorities = ['high', 'medium', 'low'] as const;
export const priority = z.enum(priorities);
export type Priority = z.infer<typeof priority>;

/** 0 sorts first. */
export function priorityRank(value: Priority): number {
  return priorities.indexOf(value);
}
