import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openApiFile, openApiText } from '../../lib/cli/write-openapi.ts';

test('docs/openapi.yaml is what the contracts say (npm run openapi writes it)', () => {
  expect(readFileSync(openApiFile, 'utf8')).toBe(openApiText());
});
