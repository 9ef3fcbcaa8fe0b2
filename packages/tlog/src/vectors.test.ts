// What other implementations wrote, reproduced or accepted here: see test/vectors/tlog/README.md.
import { describe, expect, test } from '@jest/globals'
import { hex, sha256, testKey, text, unhex, utf8, vector, verifyEd25519 } from '../test/helpers.ts'
import { checkConsistency, checkInclusion } from './check.ts'
import { openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { cosignatureSigner, cosignatureTime, cosignatureVerifier } from './cosignature.ts'
import { ed25519Signer, ed25519Verifier } from './ed25519.ts'
import { Frontier } from './frontier.ts'
import { leafHash } from './hash.ts'
import { openNote } from './note.ts'
import { checkProof, decodeProof, encodeProof } from './proof.ts'
import { proveConsistency, proveInclusion } from './prove.ts'
import { entriesPath, parseTilePath, TILE_WIDTH, type Tile, tilePath } from './tile.ts'
import { tileReader } from './tile-reader.ts'

interface Proofs {
  inclusion: { index: number; size: number; proof: string[] }[]
  consistency: { oldSize: number; newSize: number; proof: string[] }[]
}

/** Builds the log, then proves and checks everything the file lists, against its roots. */
async function reproduce(
  entries: Uint8Array[],
  proofs: Proofs,
  roots: Map<number, string>,
): Promise<(tile: Tile) => Uint8Array> {
  const columns: Uint8Array[][] = []
  const frontier = new Frontier(sha256)
  const rootAt = (size: number): Uint8Array => unhex(roots.get(size)!)
  for (const entry of entries) {
    frontier.append(leafHash(sha256, entry), (level, _index, hash) => {
      if (level % 8 === 0) (columns[level / 8] ??= []).push(hash)
    })
    if (roots.has(frontier.size)) expect(hex(frontier.root())).toBe(roots.get(frontier.size))
  }
  const readTile = ({ level, index, width }: Tile): Uint8Array =>
    new Uint8Array(
      Buffer.concat(columns[level]!.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)),
    )
  const readerAt = (size: number): ReturnType<typeof tileReader> =>
    tileReader({ sha256, size, readTile })
  for (const { index, size, proof } of proofs.inclusion) {
    expect((await proveInclusion(readerAt(size), index, size)).map(hex)).toEqual(proof)
    const claim = { sha256, index, size, root: rootAt(size), proof: proof.map(unhex) }
    checkInclusion({ ...claim, leafHash: leafHash(sha256, entries[index]!) })
  }
  for (const { oldSize, newSize, proof } of proofs.consistency) {
    expect((await proveConsistency(readerAt(newSize), oldSize, newSize)).map(hex)).toEqual(proof)
    if (!roots.has(oldSize)) continue
    const claim = { sha256, oldSize, newSize, proof: proof.map(unhex) }
    checkConsistency({ ...claim, oldRoot: rootAt(oldSize), newRoot: rootAt(newSize) })
  }
  return readTile
}

test('the RFC 6962 reference tree: all roots and proofs', async () => {
  const file = JSON.parse(vector('rfc6962.json')) as Proofs & { entries: string[]; roots: string[] }
  await reproduce(
    file.entries.map(unhex),
    file,
    new Map(file.roots.map((root, size) => [size, root])),
  )
  expect(hex(new Frontier(sha256).root())).toBe(file.roots[0])
})

test('the C2SP signed-note example opens', () => {
  const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
  const opened = openNote(utf8(vector('c2sp-example.note')), [
    ed25519Verifier(vkey, sha256, verifyEd25519),
  ])
  expect(opened.text).toBe('This is an example message.\n')
})

interface GoFile extends Proofs {
  roots: Record<string, string>
  tiles: { path: string; sha256: string }[]
  paths: { path: string; level?: number; index: number; width: number }[]
  signed: Record<
    'logVkey' | 'logSeed' | 'witnessVkey' | 'witnessSeed' | 'checkpoint' | 'proof' | 'entry',
    string
  > & {
    witnessTime: number
  }
}

describe('a log made by the Go libraries', () => {
  const go = JSON.parse(vector('go.json')) as GoFile
  const origin = 'example.com/grantlog-vectors'
  const verifiers = [ed25519Verifier(go.signed.logVkey, sha256, verifyEd25519)]
  const witnesses = [cosignatureVerifier(go.signed.witnessVkey, sha256, verifyEd25519)]

  test('has the same roots, proofs and tiles at 70,000 entries', async () => {
    const entries = Array.from({ length: 70_000 }, (_, n) => utf8(`entry ${n}`))
    const roots = new Map(Object.entries(go.roots).map(([size, root]) => [Number(size), root]))
    const readTile = await reproduce(entries, go, roots)
    for (const { path, sha256: digest } of go.tiles) {
      expect([path, hex(sha256(readTile(parseTilePath(path) as Tile & { kind: 'tile' })))]).toEqual(
        [path, digest],
      )
    }
  })

  test('has the same paths', () => {
    for (const { path, level, index, width } of go.paths) {
      expect(level === undefined ? entriesPath(index, width) : tilePath(level, index, width)).toBe(
        path,
      )
    }
  })

  test('has the same signed and cosigned checkpoint, byte for byte', () => {
    const opened = openCheckpoint(utf8(go.signed.checkpoint), { origin, verifiers, witnesses })
    expect(opened.cosignatures.map(({ signature }) => cosignatureTime(signature))).toEqual([
      go.signed.witnessTime,
    ])
    const log = ed25519Signer(testKey(origin, unhex(go.signed.logSeed)), sha256)
    const witness = testKey('witness.example/w1', unhex(go.signed.witnessSeed))
    const cosigner = cosignatureSigner({ ...witness, now: () => go.signed.witnessTime }, sha256)
    expect(text(signCheckpoint(opened, [log, cosigner]))).toBe(go.signed.checkpoint)
  })

  test('has the same proof file, which holds', () => {
    expect(encodeProof(decodeProof(go.signed.proof))).toBe(go.signed.proof)
    const claim = { sha256, proof: go.signed.proof, origin, verifiers, witnesses }
    const checked = checkProof({ ...claim, entry: utf8(go.signed.entry) })
    expect(checked.index).toBe(12_345)
    expect(text(checked.extra!)).toBe('extra data')
    expect(checked.checkpoint.cosignatures).toHaveLength(1)
  })
})
