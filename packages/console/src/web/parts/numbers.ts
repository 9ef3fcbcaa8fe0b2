// Numbers as people read them. See numbers.test.ts.

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const percents = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 })

export function countText(count: number): string {
  return grouped.format(count)
}

/** `1 record`, `2,400 records`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

export function shareText(part: number, whole: number): string {
  return whole === 0 ? '0%' : percents.format(part / whole)
}

/** Says 100% of the whole alone, however little is missing. */
export function wholeShareText(part: number, whole: number): string {
  if (part >= whole) return '100%'
  return percents.format(Math.floor((part / whole) * 1_000) / 1_000)
}

/** At most three digits where it is small: `0.42 ms`, `1.2 s`, `3 min 20 s`, `2 d 4 h`. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  if (ms < 0) return `-${durationText(-ms)}`
  if (ms < 1) return ms === 0 ? '0 ms' : `${Number(ms.toPrecision(2))} ms`
  if (ms < 1_000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 2 : 1))} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600) return two([Math.floor(seconds / 60), 'min'], [seconds % 60, 's'])
  const minutes = Math.round(seconds / 60)
  if (minutes < 1_440) return two([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min'])
  const hours = Math.round(minutes / 60)
  return two([Math.floor(hours / 24), 'd'], [hours % 24, 'h'])
}

type Part = readonly [amount: number, unit: string]

function two([large, unit]: Part, [small, smallUnit]: Part): string {
  return small === 0 ? `${countText(large)} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

export function bytesText(bytes: number): string {
  const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const amount = bytes / 1_000 ** power
  return `${Number(amount.toFixed(amount < 10 ? 1 : 0))} ${byteUnits[power]}`
}
