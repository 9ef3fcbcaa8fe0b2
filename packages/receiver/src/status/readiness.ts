// Whether the receiver takes records, and why not. Only what is our own counts: a sink that is away
// or a producer that sends nonsense must not make a balancer take us out, and with us everybody
// else's records. See readiness.test.ts.

/** Why it is not ready, for /readyz. */
export interface NotReady {
  readonly code: keyof typeof REASONS
  readonly title: string
  readonly fix: string
}

const REASONS = {
  LEDGER_FAILED: {
    title: 'a write to the ledger failed, and only a restart knows what is on the disk',
    fix: 'see COMMIT_FAILED in the log; restart the receiver',
  },
  DISK_FULL: {
    title: 'the disk of the ledger is full; what is sent is refused, and comes again',
    fix: 'free space: it goes on by itself',
  },
} as const

/** Empty: it is ready. */
export function notReadyOf(ledger: {
  readonly failed: boolean
  readonly isFull: boolean
}): NotReady[] {
  const codes: NotReady['code'][] = []
  if (ledger.failed) codes.push('LEDGER_FAILED')
  if (ledger.isFull) codes.push('DISK_FULL')
  return codes.map((code) => ({ code, ...REASONS[code] }))
}
