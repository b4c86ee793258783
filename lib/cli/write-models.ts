import { readFileSync, writeFileSync } from 'node:fs';
import { readModelTable, renderModelTable } from './model-file.ts';

// `npm run models`
const source = new URL('../../prompts/models.yaml', import.meta.url);
const target = new URL('../contracts/model-table.ts', import.meta.url);
writeFileSync(target, renderModelTable(readModelTable(readFileSync(source, 'utf8'))));
