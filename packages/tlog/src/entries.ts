// Entry bundles of c2sp.org/tlog-tiles: up to 256 entries, each after its length as a big-endian
// uint16. The entries 'a' and '' make the bytes 00 01 61 00 00. See entries.test.ts.
import { TlogError } from './codes.ts'
import { MAX_ENTRY_BYTES } from './limits.ts'
import { TILE_WIDTH } from './tile.ts'

/** Writes a bundle of 1 to 256 entries of 0 to 65,535 bytes. Errors: TLOG_ENTRIES_MALFORMED. */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0 || entries.length > TILE_WIDTH) {
    throw new TlogError('TLOG_ENTRIES_MALFORMED', 'a bundle has 1 to 256 entries')
  }
  let length = 0
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) {
      throw new TlogError('TLOG_ENTRIES_MALFORMED', `an entry has at most ${MAX_ENTRY_BYTES} bytes`)
    }
    length += 2 + entry.length
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const entry of entries) {
    bytes[at] = entry.length >> 8
    bytes[at + 1] = entry.length & 0xff
    bytes.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bytes
}

/**
 * Reads a bundle. The entries are views into `bytes`, not copies. How many there must be is for the
 * caller to compare (the width in the path). Errors: TLOG_ENTRIES_MALFORMED when the bytes end
 * inside an entry, or hold none, or more than 256.
 */
export function decodeEntries(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    if (entries.length === TILE_WIDTH) {
      throw new TlogError('TLOG_ENTRIES_MALFORMED', 'more than 256 entries')
    }
    const start = at + 2
    const end = start + ((bytes[at]! << 8) | (bytes[at + 1] ?? 0))
    if (end > bytes.length) {
      throw new TlogError('TLOG_ENTRIES_MALFORMED', 'the last entry is cut')
    }
    entries.push(bytes.subarray(start, end))
    at = end
  }
  if (entries.length === 0) throw new TlogError('TLOG_ENTRIES_MALFORMED', 'no entries')
  return entries
}
