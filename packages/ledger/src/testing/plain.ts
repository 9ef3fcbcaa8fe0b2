// Commits by hand, as a reader that goes over their bytes gets them.
import { createCipheriv, createSecretKey } from 'node:crypto'
import { ByteWriter } from '../format/bytes.ts'
import { OpeningSplitter } from '../format/outline.ts'
import { encodePlaintext, type StoredEntry } from '../format/plaintext.ts'
import type { Frame, FrameEntry, PlainFrame } from '../prove/frames.ts'

/** Everybody's. */
const key = createSecretKey(Buffer.alloc(32))
const keystore: PlainFrame['keystore'] = { forgotten: 0, subjectKeyById: () => key }

/** A frame as bytes. */
export function plainFrameOf(frame: Frame): PlainFrame {
  const leaves = new ByteWriter()
  for (const { entry } of frame.entries) {
    leaves.u16(entry.length)
    leaves.raw(entry)
  }
  // The frame's own leaf, which nobody reads here.
  leaves.u16(0)
  const plaintext = encodePlaintext({ batches: [], entries: frame.entries.map(storedOf) })
  return {
    ...{ number: frame.number, first: frame.entries[0]?.index ?? frame.first, keystore },
    ...{ leaves: Buffer.from(leaves.finish()), plaintext: Buffer.from(plaintext) },
    read: () => frame,
  }
}

function storedOf({ openings: open, stored }: FrameEntry): StoredEntry {
  if (stored.kind === 'content') return stored
  const { outline, values } = new OpeningSplitter().split(open())
  const nobody = new Uint8Array(16)
  const ciphertext = createCipheriv('aes-256-ctr', key, nobody).update(values)
  return { ...stored, subjects: [{ keyId: nobody, nonce: nobody, outline, ciphertext }] }
}
