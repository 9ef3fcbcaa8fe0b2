// What counts as refused, everywhere: somebody said no (`denied`), or the request was no good
// (`failure`). See alive/alive.test.ts.

/** `outcome`: as `audit.outcome` has it. */
export function isRefused(outcome: unknown): boolean {
  return outcome === 'denied' || outcome === 'failure'
}
