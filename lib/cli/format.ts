import { isTerminal, type JobStatus } from '#contracts/job-states.ts';
import type { Format } from './output.ts';

/** Four decimals: a short answer of a small model costs less than a hundredth of a cent. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0';
  return usd < 0.0001 ? '<$0.0001' : `$${usd.toFixed(4)}`;
}

/** `3 s`, `4 min`, `2 h`, `5 d`: the largest unit that fits. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `0.42 s`, `12.3 s`, `4 min 05 s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
}

export function statusFormat(status: JobStatus): Format {
  if (status === 'SUCCEEDED') return 'green';
  if (status === 'FAILED' || status === 'TIMED_OUT') return 'red';
  return isTerminal(status) ? 'gray' : 'yellow';
}

/** `1 replay`, `2 replays`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `812 B`, `4.2 KB`, `11 MB`: thousands, as file managers count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1_000, 'KB'] : [bytes / 1_000_000, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
