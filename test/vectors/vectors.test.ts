// Guarantee: the bytes of FORMAT.md stay what they are. A change here is a change of the format,
// and needs a new version of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecretKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { decodeTraceRequest } from '@grantlog/record/otlp'
import { canonicalize, jcsBytes, type JsonObject, readBatch } from '@grantlog/record'
import {
  decodeObservation,
  ed25519Verify,
  openLogReceipt,
  openReceipt,
  openRefusal,
  sha256,
} from '@grantlog/ledger'
import { ed25519Verifier, openCheckpoint } from '@grantlog/tlog'
import { frameHash, openFrame } from '../../packages/ledger/src/format/frame.ts'
import { makeVectors } from './make.ts'

const file = (name: string): string => readFileSync(join(import.meta.dirname, 'v1', name), 'utf8')
const json = (name: string) => JSON.parse(file(name))

// zstd's output is not part of the format, only that it opens.
const notReproduced = new Set(['frame.json'])

test.each([...makeVectors()].filter(([name]) => !notReproduced.has(name)))(
  '%s is made again, byte for byte',
  (name, text) => {
    expect(text).toBe(file(name))
  },
)

test('the request on file decodes to records that are in the signed batch', () => {
  const { groups } = decodeTraceRequest(Buffer.from(file('request.hex').trim(), 'hex'))
  const { scope, spans } = groups[0]!
  const { statement, signingInput, signature } = readBatch(scope.jws!, scope.digests!, sha256)
  const publicKey = Buffer.from(json('batch.json').publicKey, 'base64url')
  expect(ed25519Verify(publicKey, signingInput, signature)).toBe(true)
  for (const [i, each] of spans.entries()) {
    if ('error' in each) throw each.error
    const { digest } = canonicalize(each.span, { registry: statement.registry, sha256 })
    expect(scope.digests!.subarray(i * 32, i * 32 + 32)).toEqual(new Uint8Array(digest))
  }
  expect(statement.n).toBe(3)
})

test('the frame on file opens', () => {
  const { key, header, ciphertext, hash, plaintext } = json('frame.json')
  const frame = {
    header: Buffer.from(header),
    fields: JSON.parse(header),
    ciphertext: Buffer.from(ciphertext, 'base64url'),
  }
  expect(frameHash(frame)).toBe(hash)
  const opened = openFrame(frame, createSecretKey(Buffer.from(key, 'hex')))
  expect(Buffer.from(opened).toString()).toBe(plaintext)
})

test('the notes on file open', () => {
  const log = ed25519Verifier(file('log.vkey').trim(), sha256, ed25519Verify)
  const receipt = ed25519Verifier(file('receipt.vkey').trim(), sha256, ed25519Verify)
  const opened = openCheckpoint(Buffer.from(file('checkpoint')), {
    origin: log.name,
    verifiers: [log],
  })
  expect(opened.size).toBe(3)
  expect(openReceipt(Buffer.from(file('receipt')), receipt)).toMatchObject({
    firstIndex: 5,
    lastIndex: 7,
  })
  const { parts } = openRefusal(Buffer.from(file('refusal')), receipt)
  expect(parts).toMatchObject([{ code: 'CONFLICT', firstSeq: 1 }, { code: 'MALFORMED' }])
  const { logs } = openLogReceipt(Buffer.from(file('log-receipt')), receipt)
  expect(logs).toMatchObject([{ index: 9 }])
})

test('the observation on file reads back, with the word of the edge; no member may go', () => {
  const text = file('edge-observation.json').trim()
  expect(decodeObservation(Buffer.from(text))).toMatchObject({
    caller: 'edge',
    edge: { caller: 'billing', index: 4, origin: 'edge.example/log' },
  })
  const { edge, ...rest } = JSON.parse(text) as { edge: Record<string, unknown> }
  for (const name of Object.keys(edge)) {
    const { [name]: _, ...others } = edge
    const cut = jcsBytes({ ...rest, edge: others as JsonObject })
    expect(() => decodeObservation(cut)).toThrow('malformed observation')
  }
})
