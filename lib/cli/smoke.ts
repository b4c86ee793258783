import type { Command } from 'commander';
export function addSmoke(_program: Command): void {}
