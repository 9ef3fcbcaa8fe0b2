// How many keys the tokens of one issuer enrol. Counted in memory: a restart begins anew.
import { ReceiverError } from '../codes.ts'

const hourMs = 3_600_000

/** Returns what counts one. Errors of it: RECEIVER_ENROL_BUSY, with the time until the next. */
export function createPerHour({
  perHour,
  uptimeMs,
}: {
  readonly perHour: number
  readonly uptimeMs: () => number
}): (issuer: string) => void {
  const spent = new Map<string, readonly number[]>()
  return (issuer) => {
    const nowMs = uptimeMs()
    const recent = (spent.get(issuer) ?? []).filter((atMs) => nowMs - atMs < hourMs)
    if (recent.length >= perHour) {
      const [oldest = nowMs] = recent
      const retryAfterS = Math.ceil((oldest + hourMs - nowMs) / 1000)
      throw new ReceiverError('RECEIVER_ENROL_BUSY', undefined, { retryAfterS })
    }
    spent.set(issuer, [...recent, nowMs])
  }
}
