// The hashes of a record's openings (FORMAT.md 1.1), as the canonical form has them.
import { writeBase64url } from '@grantlog/ledger/wasm/base64url'
import { MESSAGES, messages } from '@grantlog/ledger/wasm/sha256'
import { COMMITMENTS, OPENINGS, OUTPUT, slotsMax } from './memory'

/** In the order of their slots. */
const HASHES: usize = memory.data(8 * 32, 16)

/** Hashes the openings, four at a time, and writes what the canonical form has of them. */
export function commit(slots: i32): void {
  let lanes = 0
  let hashes = HASHES
  for (let slot = 0; slot < slotsMax; slot++) {
    if ((slots & (1 << slot)) == 0) continue
    const from = load<u32>(OPENINGS + 8 * slot)
    store<u32>(MESSAGES + 8 * lanes, <u32>OUTPUT + from)
    store<u32>(MESSAGES + 8 * lanes, load<u32>(OPENINGS + 8 * slot, 4) - from, 4)
    if (++lanes < 4) continue
    messages(4, hashes)
    hashes += 4 * 32
    lanes = 0
  }
  if (lanes > 0) messages(lanes, hashes)
  hashes = HASHES
  for (let slot = 0; slot < slotsMax; slot++) {
    if ((slots & (1 << slot)) == 0) continue
    writeBase64url(hashes, COMMITMENTS + 64 * slot)
    hashes += 32
  }
}
