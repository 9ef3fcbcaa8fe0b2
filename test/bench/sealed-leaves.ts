// The public part of a long log: its entries are leaves as records have them, and nothing is behind
// them. What reads the tree alone is measured on it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createLedger, encodeLeaf, foldersUnder, sha256 } from '@grantlog/ledger'
import { ed25519Sign, generateEd25519, importEd25519 } from '@grantlog/ledger'
import {
  ed25519Signer,
  encodeEntries,
  entriesPath,
  formatVkey,
  Frontier,
  KEY_TYPE_ED25519,
  leafHash,
  signCheckpoint,
  TILE_WIDTH,
  tilePath,
} from '@grantlog/tlog'

const name = 'bench.example/log'

/** A new data folder with a log of so many full tiles of 256 leaves. */
export async function sealLeaves(data: string, tiles: number): Promise<void> {
  const { keys, ledger, lock } = foldersUnder(data)
  await createLedger(foldersUnder(data), name)
  // Another key signs here, and the lock store would say so.
  rmSync(lock, { recursive: true })
  const put = (path: string, bytes: Uint8Array): void => {
    mkdirSync(dirname(join(ledger, path)), { recursive: true })
    writeFileSync(join(ledger, path), bytes)
  }
  const frontier = new Frontier(sha256)
  /** By level: hashes of the tile that is growing, and how many came before them. */
  const growing: { hashes: Uint8Array[]; index: number }[] = []
  const note = (level: number, hash: Uint8Array): void => {
    const tile = (growing[level] ??= { hashes: [], index: 0 })
    tile.hashes.push(hash)
    if (tile.hashes.length < TILE_WIDTH) return
    put(tilePath(level, tile.index), Buffer.concat(tile.hashes))
    growing[level] = { hashes: [], index: tile.index + 1 }
  }
  for (let index = 0; index < tiles; index++) {
    const entries = Array.from({ length: TILE_WIDTH }, (_, at) => entry(index * TILE_WIDTH + at))
    put(entriesPath(index), encodeEntries(entries))
    for (const each of entries) {
      frontier.append(leafHash(sha256, each), (level, _, hash) => {
        if (level % 8 === 0) note(level / 8, hash)
      })
    }
  }
  for (const [level, { hashes, index }] of growing.entries()) {
    if (hashes.length > 0) put(tilePath(level, index, hashes.length), Buffer.concat(hashes))
  }
  const { jwk, publicKey } = generateEd25519()
  const { privateKey } = importEd25519(jwk)
  const sign = (text: Uint8Array): Uint8Array => ed25519Sign(privateKey, text)
  const signer = ed25519Signer({ name, publicKey, sign }, sha256)
  const checkpoint = { origin: name, size: frontier.size, root: frontier.root(), extensions: [] }
  put('checkpoint', signCheckpoint(checkpoint, [signer]))
  const vkey = formatVkey({ name, type: KEY_TYPE_ED25519, publicKey }, sha256)
  writeFileSync(join(keys, 'log.vkey'), `${vkey}\n`)
}

const instance = Buffer.alloc(16, 1).toString('base64url')
const kid = Buffer.alloc(32, 2).toString('base64url')

function entry(seq: number): Uint8Array {
  const digest = Buffer.from(sha256(Buffer.from(String(seq)))).toString('base64url')
  const id = `01a215df-df85-7c49-96d3-${String(seq).padStart(12, '0')}`
  const receivedAt = 1_795_663_324_298
  return encodeLeaf({ digest, id, instance, kid, receivedAt, seq, type: 'record', v: 1 })
}
