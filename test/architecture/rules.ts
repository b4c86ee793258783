/** The parts of the sources, each a folder, and the parts that it may import. Nothing imports an entry point. */
export const layers = {
  'lib/contracts': ['lib/contracts'],
  'lib/core': ['lib/contracts', 'lib/core'],
  'lib/adapters': ['lib/contracts', 'lib/core', 'lib/adapters'],
  'lib/constructs': ['lib/contracts', 'lib/constructs'],
  'lib/stacks': ['lib/contracts', 'lib/constructs', 'lib/stacks'],
  'lib/local': ['lib/contracts', 'lib/core', 'lib/adapters', 'lib/local'],
  'lib/cli': ['lib/contracts', 'lib/core', 'lib/adapters', 'lib/local', 'lib/cli'],
  lambdas: ['lib/contracts', 'lib/core', 'lib/adapters'],
  // The heartbeat thread is started by its path, so that not even these two files import each other.
  'worker-image': ['lib/contracts', 'lib/core', 'lib/adapters'],
  bin: ['lib/contracts', 'lib/core', 'lib/adapters', 'lib/constructs', 'lib/stacks', 'lib/local', 'lib/cli'],
} as const satisfies Record<string, readonly string[]>;

export type Layer = keyof typeof layers;

/** The only packages of these layers, by prefix; the others may take any that `packageHomes` leaves them. */
export const packagesOf: Partial<Record<Layer, readonly string[]>> = {
  'lib/contracts': ['zod'],
  'lib/core': ['zod'],
  'lib/constructs': ['aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild', 'node:'],
  'lib/stacks': ['aws-cdk-lib', 'constructs', 'cdk-nag', 'node:', 'zod'],
};

interface PackageHome {
  readonly prefix: string;
  readonly homes: readonly string[];
}

/** Packages that may be imported in some folders only. */
export const packageHomes: readonly PackageHome[] = [
  { prefix: '@anthropic-ai/', homes: ['lib/adapters/models'] },
  { prefix: 'openai', homes: ['lib/adapters/models'] },
  { prefix: '@aws-sdk/', homes: ['lib/adapters/aws'] },
  { prefix: 'aws-cdk-lib', homes: ['lib/constructs', 'lib/stacks', 'bin'] },
  { prefix: 'constructs', homes: ['lib/constructs', 'lib/stacks', 'bin'] },
  { prefix: 'cdk-nag', homes: ['lib/constructs', 'lib/stacks', 'bin'] },
  // Emulators are devDependencies: whatever is deployed must do without them.
  { prefix: 'dynalite', homes: ['lib/local'] },
  { prefix: 'fauxqs', homes: ['lib/local'] },
  { prefix: 'ws', homes: ['lib/local'] },
];

interface TextRule {
  readonly id: string;
  readonly pattern: RegExp;
  /** Folders or files that the rule is about. */
  readonly within: readonly string[];
  /** Files that are exempt, and why. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

const pure = ['lib/contracts', 'lib/core'];

/** What must not stand in the text of some files, comments aside. */
export const textRules: readonly TextRule[] = [
  { id: 'pure: no process', pattern: /\bprocess\./, within: pure },
  { id: 'pure: no clock', pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\./, within: pure },
  { id: 'pure: no chance', pattern: /\bMath\.random\(|\brandomUUID\(|\bgetRandomValues\(/, within: pure },
  {
    id: 'pure: no timer',
    pattern: /\bset(Timeout|Interval|Immediate)\(|\bAbortSignal\.timeout\(/,
    within: pure,
  },
  { id: 'pure: no network', pattern: /(?<![.\w])fetch\(/, within: pure },
  {
    id: 'environment',
    pattern: /\bprocess\.env\b/,
    within: Object.keys(layers),
    exceptions: {
      'lib/adapters/env.ts': 'is where the environment is read',
      'worker-image/main.ts': 'hands the environment over whole, once, to the schema in worker-env.ts',
    },
  },
];
