import { runHelper } from '../lib/adapters/sandbox/helper/main.ts';

// A program of its own: with the tools' rights it does what the worker has to do in the workspace.
await runHelper();
