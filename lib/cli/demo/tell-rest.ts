import { awsPrices } from '#contracts/aws-prices.ts';
import { type Footprint, makeReceipt, type ReceiptLine } from '#core/money/receipt.ts';
import { formatTable } from '../table.ts';
import type { Teller } from './teller.ts';

/** Lines below this are told as one. */
const smallUsd = 0.000025;

/** What the same jobs would have cost on AWS. */
export function tellReceipt(tell: Teller, footprint: Footprint, offlineModel: boolean): void {
  const { lines, infrastructureUsd, totalUsd } = makeReceipt(footprint);
  tell.step(
    `What these jobs would cost on AWS (${awsPrices.region}, prices of ${awsPrices.date}, no free tier)`,
  );
  const used = lines.filter(({ usd }) => usd > 0);
  const [large, small] = [
    used.filter(({ usd }) => usd >= smallUsd),
    used.filter(({ usd }) => usd < smallUsd),
  ];
  const modelAmount = offlineModel ? 'by the price list; not paid now' : 'really paid';
  const rows = [
    ...large.map((line) => (line.amount === '' ? { ...line, amount: modelAmount } : line)),
    ...(small.length === 0 ? [] : [together(small)]),
    { item: 'all', amount: `of which AWS ${formatExact(infrastructureUsd)}`, usd: totalUsd },
  ];
  const table = formatTable(rows, [
    { title: '', value: ({ item }) => item },
    { title: '', value: ({ amount }) => amount },
    { title: '', value: ({ usd }) => formatExact(usd), align: 'right' },
  ]);
  for (const line of table.slice(1)) tell.line(line);
}

function together(lines: readonly ReceiptLine[]): ReceiptLine {
  const usd = lines.reduce((total, line) => total + line.usd, 0);
  return { item: 'small things', amount: lines.map(({ item }) => item).join(', '), usd };
}

function formatExact(usd: number): string {
  return `$${usd.toFixed(6)}`;
}

/** A request by hand, in a form that works beside `npm start`. */
export function tellRequest(tell: Teller): void {
  tell.step('The same by hand: any AWS client signs, curl too (works beside npm start)');
  tell.line(`L='l=require("./.muster/local.json");'`);
  tell.line('curl --aws-sigv4 aws:amz:us-east-1:execute-api \\');
  tell.line(`  --user "$(node -p "$L l.accessKeyId+':'+l.secretAccessKey")" \\`);
  tell.line(`  "$(node -p "$L l.apiUrl")/jobs" --json '{"type": "echo", "payload": {"message": "by hand"}}'`);
}

export function tellNext(tell: Teller, offlineModel: boolean): void {
  tell.step('What to type next');
  tell.line("npm start                                        keep one running (the demo's is gone now)");
  tell.line('npx muster job submit chat "Why?" --wait         in another terminal');
  tell.line('npx muster job list                              and: status, doctor, job --help');
  if (offlineModel) tell.line('npx muster keys set anthropic                    real answers from then on');
  tell.line('npx cdk bootstrap && npm run deploy              the same stack on AWS (needs Docker)');
}
