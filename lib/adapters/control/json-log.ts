import { writeSync } from 'node:fs';
import type { LogFields, WorkerLog } from '#core/ports/worker.ts';

const stdout = 1;

/**
 * One JSON line per event. `secrets` are blotted out wherever they turn up; payloads must not be handed in at
 * all. Written synchronously, so that the last line of a process that is about to exit is not lost and the
 * lines of two threads do not mix.
 */
export function makeLog(
  base: LogFields,
  secrets: readonly string[] = [],
  write: (line: string) => void = writeLine,
): WorkerLog {
  return (level, message, fields = {}) => {
    const at = new Date().toISOString();
    const line = JSON.stringify({ at, level, message, ...base, ...fields });
    write(`${redact(line, secrets)}\n`);
  };
}

function writeLine(line: string): void {
  try {
    writeSync(stdout, line);
  } catch {
    // A full or closed pipe must not end the work: a line is lost, and nothing depends on lines.
  }
}

/** Replaces every secret in `text` by `[secret]`. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}
