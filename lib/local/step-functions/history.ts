import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../json.ts';

export type HistoryEvent = {
  id: number;
  previousEventId: number;
  timestamp: number;
  type: string;
} & JsonObject;
/** Writes down what happened, under the name that AWS has for it. */
export type Note = (type: string, detail?: Record<string, Json | undefined>) => void;

export interface History {
  /** Forgets what an earlier try of this execution wrote. */
  begin(executionId: string): Note;
  read(executionId: string): HistoryEvent[];
}

/** Members of an event are named by its kind: every `…StateEntered` has `stateEnteredEventDetails`. */
function detailsName(type: string): string {
  const common = /^(?:Task|Map|Choice|Pass|Succeed|Fail)(State(?:Entered|Exited))$/.exec(type)?.[1] ?? type;
  return `${common.charAt(0).toLowerCase()}${common.slice(1)}EventDetails`;
}

/** What executions did, event by event, in one file each: since the cloud last began or replayed them. */
export function openHistory(dir: string): History {
  mkdirSync(dir, { recursive: true });
  const fileOf = (executionId: string): string => join(dir, `${executionId}.jsonl`);
  return {
    begin(executionId) {
      const file = fileOf(executionId);
      rmSync(file, { force: true });
      let id = 0;
      return (type, detail) => {
        id += 1;
        const event = { id, previousEventId: id - 1, timestamp: Date.now() / 1000, type };
        const details = detail && { [detailsName(type)]: detail };
        appendFileSync(file, `${JSON.stringify({ ...event, ...details })}\n`);
      };
    },
    read(executionId) {
      if (!existsSync(fileOf(executionId))) return [];
      const lines = readFileSync(fileOf(executionId), 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as HistoryEvent);
    },
  };
}
