// Values that few records share, as 32 bits: what is found by them is compared with the record.

/** FNV-1a. */
const FNV_START = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * A hash of the text's UTF-16 units, never 0, which stands for no value (FNV-1a with the final mix
 * of MurmurHash3). Of 10 million values two in 430 pairs are the same: a search checks what it
 * shows.
 */
export function fingerprintOf(text: string): number {
  let hash = FNV_START
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), FNV_PRIME)
  return mixed(hash)
}

function mixed(fnv: number): number {
  let hash = Math.imul(fnv ^ (fnv >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0 || 1
}
