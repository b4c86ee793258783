const slotMs = 900_000;
/** A few years of a zone, or a few zones. */
const mostKept = 20_000;

/** What a zone's clock is ahead of UTC by. Kept for each quarter of an hour: nowhere do clocks change within one. */
export function makeZoneOffset(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hour: 'numeric', timeZoneName: 'longOffset' });
  const kept = new Map<number, number>();
  return (atMs) => {
    const slot = Math.floor(atMs / slotMs);
    const known = kept.get(slot);
    if (known !== undefined) return known;
    const offset = parseOffset(format.format(new Date(slot * slotMs)));
    if (kept.size >= mostKept) kept.clear();
    kept.set(slot, offset);
    return offset;
  };
}

/** `3 AM GMT+02:00`; UTC itself has no figures. Seconds were in use before 1972. */
function parseOffset(text: string): number {
  const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(text) ?? [];
  const size = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? -size : size;
}
