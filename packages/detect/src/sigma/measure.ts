// What a correlation measures in one window of one group. Pure; see measure.test.ts.
import type { Correlation, Limit } from './correlation.ts'

/** An event that a group holds. */
export interface Held {
  /** Event time, Unix ms. */
  readonly atMs: number
  /** Its number among the events that the detector took: the order of those at the same time. */
  readonly seq: number
  readonly id: string
  readonly index: number | null
  /** The rules of the correlation that it matched, a bit each. */
  readonly slots: number
  /** Of `value_count` the values, of the others that look at a field the number. */
  readonly value: readonly string[] | number | null
}

/** The events of a window, by time; null: there is nothing to measure. */
export function measure(rule: Correlation, window: readonly Held[]): number | null {
  switch (rule.type) {
    case 'event_count':
      return window.length
    case 'value_count':
      return new Set(window.flatMap(({ value }) => (Array.isArray(value) ? value : []))).size
    case 'temporal':
      return bitsIn(window.reduce((bits, { slots }) => bits | slots, 0))
    case 'temporal_ordered':
      return isSequence(window, rule.rules.length) ? rule.rules.length : 0
    case 'value_sum':
    case 'value_avg': {
      const numbers = numbersOf(window)
      const sum = numbers.reduce((all, one) => all + one, 0)
      if (numbers.length === 0) return null
      return rule.type === 'value_sum' ? sum : sum / numbers.length
    }
    case 'value_percentile':
      return percentileOf(numbersOf(window), rule.percentile ?? 50)
  }
}

/** The records that show it: of those that must come in order one each, else all. */
export function evidenceIn(rule: Correlation, window: readonly Held[]): readonly Held[] {
  if (rule.type !== 'temporal_ordered') return window
  return sequenceIn(window, rule.rules.length) ?? window
}

/**
 * For each rule in order the first event after the one before; an earlier one never leaves less
 * for those that follow. Null: there is none for some.
 */
function sequenceIn(window: readonly Held[], rules: number): readonly Held[] | null {
  const sequence: Held[] = []
  for (const held of window) {
    if ((held.slots & (1 << sequence.length)) !== 0) sequence.push(held)
    if (sequence.length === rules) return sequence
  }
  return null
}

/** Whether `sequenceIn` gives one: of most windows it is only asked that. */
function isSequence(window: readonly Held[], rules: number): boolean {
  let length = 0
  for (const { slots } of window) if ((slots & (1 << length)) !== 0) length++
  return length >= rules
}

/** Linear between the two ranks, as pySigma's backends do it. */
function percentileOf(numbers: readonly number[], percentile: number): number | null {
  const sorted = numbers.toSorted((a, b) => a - b)
  const position = ((sorted.length - 1) * percentile) / 100
  const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]]
  if (low === undefined || high === undefined) return null
  return low + (high - low) * (position - Math.floor(position))
}

function numbersOf(window: readonly Held[]): number[] {
  return window.flatMap(({ value }) => (typeof value === 'number' ? [value] : []))
}

function bitsIn(bits: number): number {
  let count = 0
  for (; bits !== 0; bits &= bits - 1) count++
  return count
}

/** Whether all limits hold. */
export function isMet(limits: readonly Limit[], measured: number): boolean {
  for (const limit of limits) if (!isWithin(limit, measured)) return false
  return true
}

function isWithin({ operator, value }: Limit, measured: number): boolean {
  switch (operator) {
    case 'gt':
      return measured > value
    case 'gte':
      return measured >= value
    case 'lt':
      return measured < value
    case 'lte':
      return measured <= value
    case 'eq':
      return measured === value
    case 'neq':
      return measured !== value
  }
}
