// What a soak run must show, each claim with what was seen.
import type { SoakReport } from './soak.ts'

export interface Claim {
  readonly claim: string
  readonly seen: string
  /** Null: could not be judged, `seen` says why. */
  readonly holds: boolean | null
}

/** A process killed in the tick before the next write; the rest is for a busy machine. */
const tailMsMax = 1_000
/** Below this a trend is the noise of start-up. */
const trendMinutesMin = 5
const growthMax = 1.25
const growthMibMax = 48

export function claimsOf(report: SoakReport): Claim[] {
  const { balance, guarantee } = report
  const sum = (
    of: 'answered' | 'emitted' | 'sealed' | 'missing' | 'tail' | 'unexplained',
  ): number => balance.services.reduce((total, one) => total + one[of], 0)
  const [emitted, sealed, missing, tail] = [
    ...[sum('emitted'), sum('sealed'), sum('missing'), sum('tail')],
  ] as [number, number, number, number]
  const losses = missing + tail
  const equation = `${emitted} emitted = ${sealed} sealed + ${losses} lost`
  const shared: Claim[] = [
    {
      claim: 'every answered request has its record, or a loss that its stream shows',
      seen: `${sum('answered')} answered, ${sum('unexplained')} unexplained`,
      holds: sum('unexplained') === 0,
    },
    {
      claim: 'no record is sealed twice, and none is of a request that nobody sent',
      seen: `${balance.doubles} twice, ${balance.foreign} foreign`,
      holds: balance.doubles === 0 && balance.foreign === 0,
    },
    {
      claim: 'grantlog verify finds nothing',
      seen:
        `${report.verifiedRecords} of ${balance.sealedRecords} records verified, ` +
        `${report.gaps} of ${missing} missing numbers named`,
      holds: report.verifiedRecords === balance.sealedRecords && report.gaps === missing,
    },
    {
      claim: 'the sink has every record, though it died',
      seen: `${balance.forwarded} there, ${balance.notForwarded} not`,
      holds: balance.notForwarded === 0,
    },
    {
      claim: 'all that waited came through in the end',
      seen: report.isDrained ? 'nothing waits' : 'something still waited',
      holds: report.isDrained,
    },
    ...report.trends.map((trend): Claim => {
      const { firstQuarter, lastQuarter, most, name, slope } = trend
      const numbers = [firstQuarter, lastQuarter, most].map((mib) => mib.toFixed(0)).join(', ')
      const isShort = report.minutes < trendMinutesMin
      const limit = firstQuarter * growthMax + growthMibMax
      return {
        claim: `the memory of ${name} is flat`,
        seen: `MiB in the first and last quarter, at most: ${numbers}; ${slope.toFixed(0)} an hour${
          isShort ? '; too short to judge' : ''
        }`,
        holds: isShort ? null : lastQuarter <= limit,
      }
    }),
  ]
  if (guarantee === 'spooled') {
    const claim = 'spooled: emitted = sealed'
    return [{ claim, seen: equation, holds: losses === 0 && emitted === sealed }, ...shared]
  }
  return [
    {
      claim: 'buffered: emitted = sealed + numbered losses',
      seen: `${equation} (${missing} numbers missing, ${tail} after the last of a killed stream)`,
      holds: emitted === sealed + losses && sum('unexplained') === 0,
    },
    {
      claim: 'what a killed process lost is younger than a tick',
      seen: `the oldest was answered ${balance.oldestTailMs} ms before the kill`,
      holds: balance.oldestTailMs <= tailMsMax,
    },
    ...shared,
  ]
}
