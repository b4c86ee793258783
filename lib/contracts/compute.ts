import * as z from 'zod';

/** Fargate's sizes: CPU units → memory in MiB from, to and step. Source: AWS Fargate task sizes. */
export const fargateSizes = {
  256: { from: 512, to: 2_048, step: 512 },
  512: { from: 1_024, to: 4_096, step: 1_024 },
  1024: { from: 2_048, to: 8_192, step: 1_024 },
  2048: { from: 4_096, to: 16_384, step: 1_024 },
  4096: { from: 8_192, to: 30_720, step: 1_024 },
} as const;

function isFargateSize(cpu: number, memoryMiB: number): boolean {
  const size = fargateSizes[cpu as keyof typeof fargateSizes];
  if (!size) return false;
  return memoryMiB >= size.from && memoryMiB <= size.to && (memoryMiB - size.from) % size.step === 0;
}

const sizesText = Object.entries(fargateSizes)
  .map(([cpu, { from, to }]) => `${cpu}: ${from}–${to} MiB`)
  .join(', ');

/** What one worker gets. Defaults: 1 vCPU, 2 GiB, 20 GiB disk (the least that Fargate gives). */
export const compute = z
  .strictObject({
    cpu: z.number().int().default(1024),
    memoryMiB: z.number().int().default(2048),
    diskGiB: z.number().int().min(20).max(200).default(20),
  })
  .refine((value) => isFargateSize(value.cpu, value.memoryMiB), {
    message: `must be a Fargate size (cpu units: memory): ${sizesText}`,
  });
export type Compute = z.infer<typeof compute>;
export const defaultCompute: Compute = { cpu: 1024, memoryMiB: 2048, diskGiB: 20 };
