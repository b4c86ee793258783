import { basename, dirname } from 'node:path';

/** A path, and not the name of a team: names have neither slash nor dot. */
export function isFolder(text: string): boolean {
  return /[/\\.]/.test(text);
}

/** A team is a folder; its `team.yaml` may be named as well. */
export function toFolder(path: string): string {
  return basename(path) === 'team.yaml' ? dirname(path) : path;
}
