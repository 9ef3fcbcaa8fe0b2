// Full tiles and bundles as they lie there, for whoever reads all of a log once and in order: into
// the same buffers again, and without a turn of the event loop for each.
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { readFlags } from '@grantlog/journal'
import { entriesPath, HASH_BYTES, TILE_WIDTH, tilePath } from '@grantlog/tlog'
import { leafBytesMax } from '../limits.ts'

/**
 * What is read is valid until the next of its kind is. Null stands for a file that is not there, is
 * longer than any of ours, or cannot be read: `TileStore` says which, and knows partial ones.
 */
export class LogFiles {
  readonly #folder: string
  readonly #bundle: Uint8Array = new Uint8Array(TILE_WIDTH * (2 + leafBytesMax) + 1)
  readonly #tile: Uint8Array = new Uint8Array(TILE_WIDTH * HASH_BYTES + 1)

  constructor(folder: string) {
    this.#folder = folder
  }

  bundle(index: number): Uint8Array | null {
    return this.#read(entriesPath(index), this.#bundle)
  }

  /** Of level 0. */
  tile(index: number): Uint8Array | null {
    const tile = this.#read(tilePath(0, index), this.#tile)
    return tile?.length === TILE_WIDTH * HASH_BYTES ? tile : null
  }

  #read(path: string, into: Uint8Array): Uint8Array | null {
    try {
      const file = openSync(join(this.#folder, path), readFlags)
      try {
        const length = readSync(file, into, 0, into.length, 0)
        return length < into.length ? into.subarray(0, length) : null
      } finally {
        closeSync(file)
      }
    } catch {
      return null
    }
  }
}
