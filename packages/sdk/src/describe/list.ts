import { attributeBytesMax, encodeList } from '@grantlog/record'
import { listItemsMax } from '../limits.ts'

/** Stands in a list for the items that were cut. */
const cutMark = '...'

/**
 * A list attribute of bounded length. It is cut between items, never within one: a part of an item
 * would be an item that was not there. A cut list has `...` among its items.
 */
export function list(items: readonly string[]): string {
  const unique = [...new Set(items)].filter((item) => item !== '' && item.isWellFormed()).toSorted()
  const kept: string[] = []
  let bytes = cutMark.length
  for (const item of unique.slice(0, listItemsMax)) {
    bytes += Buffer.byteLength(encodeList([item])) + 1
    if (bytes > attributeBytesMax) break
    kept.push(item)
  }
  return encodeList(kept.length === unique.length ? kept : [...kept, cutMark])
}

/** The same of words in one text. */
export function words(text: string | null): string | null {
  return text === null ? null : list(text.split(' '))
}
