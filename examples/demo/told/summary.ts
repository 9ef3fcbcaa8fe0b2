// What the run comes to, as one JSON line and as a sentence.
import type { Compared } from '../proof/reconciled.ts'

/** Counts of leaves of type `record`; each is taken at another place. */
export interface Summary {
  readonly records: number
  /** By role, action, grant type or route, outcome and reason. */
  readonly kinds: number
  readonly sealed: number
  readonly forwarded: number
  readonly verified: number
  readonly gaps: number
  /** The records against expected.ts. */
  readonly expected: {
    readonly steps: number
    readonly missing: number
    readonly extra: number
    readonly different: number
  }
  /** Access logs against the records; null while the services still run. */
  readonly compared: Compared | null
  readonly tamper: { readonly tried: number; readonly found: number }
  /** From the beginning of the first log-in to the verified proof of its token's record. */
  readonly firstVerifiedMs: number
  /** From the theft of a refresh token to its finding, and to the end of the session. */
  readonly foundMs: number | null
  readonly endedMs: number | null
}

/** Whether everything was as promised. */
export function isRight(summary: Summary): boolean {
  const { compared, expected, forwarded, gaps, records, sealed, tamper, verified } = summary
  const equal = [sealed, forwarded, verified].every((count) => count === records)
  const asExpected = expected.missing + expected.extra + expected.different === 0
  const isWhole = equal && gaps === 0 && compared?.agree !== false
  const isEnded = summary.foundMs !== null && summary.endedMs !== null
  return records > 0 && isWhole && asExpected && isEnded && tamper.found === tamper.tried
}

export function sentence(summary: Summary): string {
  const { compared, expected, forwarded, gaps, kinds, records, sealed, tamper, verified } = summary
  const { different, extra, missing, steps } = expected
  const counts = `${records} records of ${kinds} kinds received, ${sealed} sealed`
  const more = `${forwarded} forwarded, ${verified} verified; ${gaps} gaps`
  const wrong = `${missing} records missing, ${extra} extra, ${different} different`
  const found = `${tamper.found} of ${tamper.tried} tamperings found`
  const logs =
    compared === null
      ? ''
      : `\n${compared.requests} requests in access logs, ${compared.matched} of audited routes, ` +
        `${compared.unaccounted} unaccounted for.`
  return `${counts}, ${more}.\n${steps} steps: ${wrong}; ${found}.${logs}`
}
