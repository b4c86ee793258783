import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What was published to a topic. */
export interface TopicMessage {
  topicArn: string;
  messageId: string;
  subject?: string | undefined;
  message: string;
}

const keptMessages = 100;

/** The last messages of each topic, one JSON document a line in `<dir>/<topic>.jsonl`: nobody is mailed here. */
export function openTopicMessages(dir: string): (published: TopicMessage) => void {
  mkdirSync(dir, { recursive: true });
  return (published) => {
    const file = join(dir, `${published.topicArn.split(':').at(-1)}.jsonl`);
    const earlier = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
    const line = JSON.stringify({ publishedAt: new Date().toISOString(), ...published });
    writeFileSync(`${file}.new`, `${[...earlier, line].slice(-keptMessages).join('\n')}\n`);
    renameSync(`${file}.new`, file);
  };
}
