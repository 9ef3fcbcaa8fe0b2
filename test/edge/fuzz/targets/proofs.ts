// What an auditor is handed: notes, proofs, bundles, tiles, leaves.
import { type Bundle, checkBundle, decodeEnrolment, decodeLeaf, sha256 } from '@grantlog/ledger'
import {
  decodeCheckpoint,
  decodeEntries,
  decodeNote,
  decodeProof,
  encodeEntries,
  encodeNote,
  encodeProof,
  parseTilePath,
  parseVkey,
  tilePath,
} from '@grantlog/tlog'
import { decodeAnyLeaf } from '../../../../packages/ledger/src/format/leaf.ts'
import type { TargetSource } from '../target.ts'
import { makeLedger } from './made.ts'

const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8')
const bytes = (value: string): Uint8Array => Buffer.from(value)

/** What was read and written again must be what was read: one spelling each. */
function same(what: string, written: Uint8Array | string, input: Uint8Array): void {
  if (!Buffer.from(written).equals(Buffer.from(input))) throw new Error(`${what}: another spelling`)
}

export const proofTargets: readonly TargetSource[] = [
  {
    name: 'note',
    async open() {
      const { checkpoint, remove } = await makeLedger()
      return {
        seeds: [bytes(checkpoint)],
        read(input) {
          const note = decodeNote(input)
          same('note', encodeNote(note), input)
          decodeCheckpoint(note.text)
        },
        close: remove,
      }
    },
  },
  {
    name: 'proof',
    async open() {
      const { bundles, remove } = await makeLedger()
      return {
        seeds: bundles.map(({ proof }) => bytes(proof)),
        read(input) {
          const proof = text(input)
          const read = decodeProof(proof)
          if (encodeProof(read) !== proof) throw new Error('proof: another spelling')
        },
        close: remove,
      }
    },
  },
  {
    name: 'bundle',
    share: 0.05,
    async open() {
      const { bundles, logKey, remove } = await makeLedger()
      const right = new Set(bundles.map((bundle) => essence(bundle)))
      return {
        seeds: bundles.map((bundle) => bytes(JSON.stringify(bundle))),
        read(input) {
          const bundle = jsonIn(text(input)) as Bundle
          checkBundle(bundle, { logKey })
          if (!right.has(essence(bundle))) throw new Error('a changed bundle was accepted')
        },
        close: remove,
      }
    },
  },
  {
    name: 'leaf',
    async open() {
      const { bundles, remove } = await makeLedger()
      const leaves = bundles.flatMap(({ keyLeaf, leaf }) => [leaf, keyLeaf])
      const enrolments = bundles.slice(0, 1).map(({ enrolment }) => enrolment)
      return {
        seeds: [...leaves, ...enrolments].map(bytes),
        read(input) {
          if (text(input).includes('"publicKey"')) decodeEnrolment(input)
          else if (input.length % 2 === 0) decodeLeaf(input)
          else decodeAnyLeaf(input)
        },
        close: remove,
      }
    },
  },
  {
    name: 'tile',
    async open() {
      const { commits, logKey, remove } = await makeLedger()
      const entries = commits.flatMap(({ leaves }) => decodeEntries(leaves))
      const paths = ['tile/0/000', 'tile/1/x001/x234/067.p/12', 'tile/entries/x001/000'].map(bytes)
      return {
        seeds: [encodeEntries(entries), ...paths, bytes(logKey)],
        read(input) {
          const word = text(input)
          if (word.startsWith('tile')) {
            const path = parseTilePath(word)
            if (path.kind === 'tile')
              same('path', tilePath(path.level, path.index, path.width), input)
          } else if (word.startsWith('fuzz')) parseVkey(word, sha256)
          else same('entries', encodeEntries(decodeEntries(input)), input)
        },
        close: remove,
      }
    },
  },
]

/** What is proved; the log's own key beside it may be anything, since another was given. */
function essence({ logKey: _unused, ...bundle }: Bundle): string {
  return JSON.stringify(Object.entries(bundle).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What is no JSON is refused before it comes to us. */
function jsonIn(value: string): unknown {
  try {
    return JSON.parse(value) as unknown
  } catch {
    return null
  }
}
