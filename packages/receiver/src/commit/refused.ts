// What an edge gets of records that were refused for good: a note that names them, which it keeps
// where it keeps receipts (FORMAT.md, 3.7). See refused.test.ts.
import { type Ledger, refusedLinesMax, type RefusedPart, type RefusedRun } from '@grantlog/ledger'
import { toBase64 } from '../base64.ts'
import type { RefusedPlace } from '../flow.ts'

/** Undefined when there is none to name; what has no line in it comes again. */
export function signRefused(
  places: readonly RefusedPlace[],
  ledger: Pick<Ledger, 'signRefusal'>,
): string | undefined {
  return signParts(runsOfRefused(places), ledger)
}

/** The same of parts that are made already. */
export function signParts(
  parts: readonly RefusedPart[],
  ledger: Pick<Ledger, 'signRefusal'>,
): string | undefined {
  if (parts.length === 0) return undefined
  return Buffer.from(ledger.signRefusal(parts.slice(0, refusedLinesMax))).toString()
}

/** The fewest runs, each of one batch and one reason. */
export function runsOfRefused(places: readonly RefusedPlace[]): RefusedRun[] {
  const kinds = Map.groupBy(places, ({ code, root }) => `${code} ${root}`)
  return [...kinds.values()].flatMap((kind) => {
    const { code, root: base64url } = kind[0]!
    const root = toBase64(base64url)
    const runs: { -readonly [Member in keyof RefusedRun]: RefusedRun[Member] }[] = []
    for (const seq of [...new Set(kind.map((place) => place.seq))].sort((a, b) => a - b)) {
      const last = runs.at(-1)
      if (last?.lastSeq === seq - 1) last.lastSeq = seq
      else runs.push({ code, root, firstSeq: seq, lastSeq: seq })
    }
    return runs
  })
}
