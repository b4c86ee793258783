// check-files.mjs PATHS [TEXT]: whether all files are there (comma between them), not empty, and hold the text.
import { readFileSync } from 'node:fs';

const [, , paths = '', text = ''] = process.argv;
let faults = 0;
for (const path of paths.split(',').map((one) => one.trim())) {
  const fault = faultOf(path);
  console.log(
    `${fault === undefined ? 'ok     ' : 'FAILED '} ${path}${fault === undefined ? '' : `: ${fault}`}`,
  );
  if (fault !== undefined) faults += 1;
}
process.exitCode = faults > 0 ? 1 : 0;

function faultOf(path) {
  try {
    const content = readFileSync(path, 'utf8');
    if (content.trim() === '') return 'is empty';
    if (path.endsWith('.json')) JSON.parse(content);
    return content.includes(text) ? undefined : `does not hold "${text}"`;
  } catch (error) {
    return error.code === 'ENOENT' ? 'is not there' : error.message;
  }
}
