import { runHelper } from '../lib/adapters/sandbox/helper/main.ts';

// A program of its own: the sandbox starts it with the tools' rights whenever it touches the workspace.
await runHelper();
