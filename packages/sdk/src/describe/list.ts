import { attributeBytesMax, encodeList } from '@grantlog/record'
import { listItemsMax } from '../limits.ts'

/** An item that is the same when it is encoded. */
const plainForm = /^[!-$&-~]+$/

/** Stands in a list for the items that were cut. */
const cutMark = '...'

/**
 * A list attribute of bounded length. It is cut between items, never within one: a part of an item
 * would be an item that was not there. A cut list has `...` among its items.
 */
export function list(items: readonly string[]): string {
  if (items.length === 0) return ''
  if (isAsItShouldBe(items)) return items.length === 1 ? items[0]! : items.join(' ')
  const unique = [...new Set(items)].filter((item) => item !== '' && item.isWellFormed()).toSorted()
  const kept = withinLimits(unique)
  if (kept.length < unique.length) return encodeList([...kept, cutMark])
  return kept.every((item) => plainForm.test(item)) ? kept.join(' ') : encodeList(kept)
}

/** Short, in order, no item twice or in need of being encoded: as most are. */
function isAsItShouldBe(items: readonly string[]): boolean {
  if (items.length > listItemsMax || !areShort(items)) return false
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!
    if (!plainForm.test(item) || (i > 0 && item <= items[i - 1]!)) return false
  }
  return true
}

/** The same of items in their order; a cut one ends with `...`. */
export function chain(items: readonly string[]): string {
  if (items.length === 0) return ''
  const kept = withinLimits(items)
  const encoded = kept.map((item) => encodeList([item]))
  return [...encoded, ...(kept.length === items.length ? [] : [cutMark])].join(' ')
}

/** The first items, as many as an attribute may have. */
function withinLimits(items: readonly string[]): readonly string[] {
  if (items.length <= listItemsMax && areShort(items)) return items
  const kept: string[] = []
  let bytes = cutMark.length
  for (const item of items.slice(0, listItemsMax)) {
    bytes += Buffer.byteLength(encodeList([item])) + 1
    if (bytes > attributeBytesMax) break
    kept.push(item)
  }
  return kept
}

/** A UTF-16 unit becomes three bytes at most, and each of them three when it is escaped. */
const encodedMax = 9

/** Whether they fit for certain, as nearly all do. */
function areShort(items: readonly string[]): boolean {
  let length = 0
  for (let i = 0; i < items.length; i++) length += items[i]!.length * encodedMax + 1
  return length <= attributeBytesMax - cutMark.length
}

/** The same of words in one text. */
export function words(text: string | null): string | null {
  return text === null ? null : list(text.split(' '))
}
