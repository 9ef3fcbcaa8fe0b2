// What a correlation found, in a sentence without anybody's values.
import type { Correlation } from './correlation.ts'

interface Found {
  readonly measured: number
  readonly count: number
}

/** `Client secret guessed: 12 records within 10 minutes, with one oauth.client.id`. */
export function wordsOf(title: string, correlation: Correlation, found: Found): string {
  const { groupBy, timespanMs } = correlation
  const group = groupBy.length === 0 ? '' : `, with one ${groupBy.join(' and ')}`
  return `${title}: ${measuredOf(correlation, found)} within ${durationOf(timespanMs)}${group}`
}

function measuredOf(correlation: Correlation, { count, measured }: Found): string {
  const [field = ''] = correlation.fields
  const number = Math.round(measured * 100) / 100
  const records = count === 1 ? '1 record' : `${count} records`
  switch (correlation.type) {
    case 'event_count':
      return records
    case 'value_count':
      return `${number} different values of ${correlation.fields.join(' and ')} in ${records}`
    case 'temporal':
      return `${number} of ${correlation.rules.length} signs in ${records}`
    case 'temporal_ordered':
      return `${correlation.rules.length} signs one after the other`
    case 'value_sum':
      return `${field} adds up to ${number} in ${records}`
    case 'value_avg':
      return `${field} averages ${number} in ${records}`
    case 'value_percentile':
      return `percentile ${correlation.percentile} of ${field} is ${number} in ${records}`
  }
}

const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const

function durationOf(ms: number): string {
  const [size, unit] = units.find(([one]) => ms % one === 0) ?? [1_000, 'second']
  const count = ms / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
