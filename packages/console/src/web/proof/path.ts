// An inclusion proof as a person can follow it: from the leaf, with each sibling, to the root.
import {
  checkInclusion,
  decodeCheckpoint,
  decodeNote,
  decodeProof,
  leafHash,
  nodeHash,
} from '@grantlog/tlog'
import { equalBytes, utf8 } from '@grantlog/record'
import type { Crypto } from './crypto.ts'
import { attempt, failed, type Read } from './form.ts'

/** One step up: the node so far is hashed with a sibling. */
export interface PathLevel {
  readonly sibling: string
  /** On which side the sibling stands. */
  readonly side: 'left' | 'right'
  /** What comes of it, base64. */
  readonly hash: string
}

export interface MerklePath {
  readonly index: number
  readonly size: number
  /** RFC 9162 hash of the entry, base64. */
  readonly leaf: string
  readonly levels: readonly PathLevel[]
  /** As the checkpoint has it, base64. */
  readonly root: string
  /** The last hash is the root. */
  readonly arrives: boolean
}

/** A proof taken apart, and whether it holds; who signed its checkpoint is another question. */
export interface PathRead {
  readonly path: MerklePath
  readonly checkpoint: Uint8Array
  readonly holds: boolean
}

export function readPath(proof: string, entry: string, { sha256 }: Crypto): Read<PathRead> {
  return attempt(() => {
    const { checkpoint, hashes, index } = decodeProof(proof)
    const { root, size } = decodeCheckpoint(decodeNote(checkpoint).text)
    const leaf = leafHash(sha256, utf8(entry))
    const levels = climb({ hashes, index, leaf, size }, sha256)
    const last = levels.at(-1)?.hash ?? leaf
    const holds = attempt(() => {
      checkInclusion({ sha256, index, size, root, proof: hashes, leafHash: leaf })
    }).ok
    const path: MerklePath = {
      index,
      size,
      leaf: base64(leaf),
      levels: levels.map(({ hash, ...level }) => ({ ...level, hash: base64(hash) })),
      root: base64(root),
      arrives: equalBytes(last, root),
    }
    return { path, checkpoint, holds }
  })
}

/** Why a proof that was read does not show its entry at `index`; null when it does. */
export function faultOf({ path, holds }: PathRead, index: number): string | null {
  if (path.index !== index) return `the proof is of place ${path.index}, not ${index}`
  if (holds) return null
  return path.arrives
    ? 'the path does not fit a tree of this size'
    : 'the path does not lead to the root of the checkpoint'
}

export function readBoth(
  record: Read<PathRead>,
  key: Read<PathRead>,
): Read<readonly [PathRead, PathRead]> {
  if (!record.ok) return failed(record.why)
  return key.ok ? { ok: true, value: [record.value, key.value] } : failed(key.why)
}

interface Climb {
  readonly hashes: readonly Uint8Array[]
  readonly index: number
  readonly leaf: Uint8Array
  readonly size: number
}

/**
 * RFC 9162 2.1.3.2, for the eye. Not the check: that is `checkInclusion`, which also counts levels.
 */
function climb(
  { hashes, index, leaf, size }: Climb,
  sha256: Crypto['sha256'],
): { sibling: string; side: 'left' | 'right'; hash: Uint8Array }[] {
  let hash = leaf
  let node = index
  let last = size - 1
  return hashes.map((sibling) => {
    const isLeft = node % 2 === 1 || node === last
    hash = isLeft ? nodeHash(sha256, sibling, hash) : nodeHash(sha256, hash, sibling)
    if (isLeft) {
      // At the right edge a node without a sibling moves up unhashed.
      for (; node % 2 === 0 && node !== 0; node = half(node)) last = half(last)
    }
    node = half(node)
    last = half(last)
    return { sibling: base64(sibling), side: isLeft ? 'left' : 'right', hash }
  })
}

function half(n: number): number {
  return Math.floor(n / 2)
}

/** Standard base64 with padding, as logs write hashes. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
