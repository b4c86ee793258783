import { invalid } from './api-fault.ts';
import { partsOf } from './request-parts.ts';
import type { MessagesRequest } from './request-schema.ts';

const breakpointsMax = 4;

/** At most 4 breakpoints, and a longer life never after a shorter one. */
export function checkCacheControl(request: MessagesRequest): void {
  const breakpoints = partsOf(request).flatMap(({ breakpoint }) => (breakpoint ? [breakpoint] : []));
  if (breakpoints.length > breakpointsMax) {
    throw invalid(
      `A maximum of ${breakpointsMax} blocks with cache_control may be provided. Found ${breakpoints.length}.`,
    );
  }
  const firstShort = breakpoints.findIndex(({ ttl }) => ttl !== '1h');
  if (firstShort >= 0 && breakpoints.slice(firstShort).some(({ ttl }) => ttl === '1h')) {
    throw invalid("A ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.");
  }
}
