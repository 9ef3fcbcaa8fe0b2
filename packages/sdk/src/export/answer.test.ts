import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { WireWriter } from '@grantlog/record/otlp'
import { ed25519Signer, formatVkey, type NoteSigner, signNote } from '@grantlog/tlog'
import { sha256 } from '../sha256.ts'
import { type Answer, judge, type Judge } from './answer.ts'
import { noteVerifier } from './ed25519.ts'

const origin = 'test.example/log'
const root = Buffer.alloc(32, 7)
const key = noteKey(`${origin}/receipt`)
const by: Judge = { trust: { verifier: noteVerifier(key.vkey), origin }, nowMs: () => 0 }
const batch = { count: 4, firstSequence: 10, root: root.toString('base64url') }

function noteKey(name: string): { vkey: string; signer: NoteSigner } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
  const signer = ed25519Signer(
    { name, publicKey: raw, sign: (data) => sign(null, data, privateKey) },
    sha256,
  )
  return { vkey: formatVkey({ name, type: 1, publicKey: raw }, sha256), signer }
}

interface ReceiptText {
  origin?: string
  root?: Buffer
  range?: string
  indexes?: string
  signer?: NoteSigner
  format?: string
}

function receipt(of: ReceiptText = {}): string {
  const { range = '10-13', signer = key.signer, format = 'grantlog-receipt-v1' } = of
  const root64 = (of.root ?? root).toString('base64')
  const lines = [format, of.origin ?? origin, root64, range, of.indexes ?? '100-103', 1, 2]
  return Buffer.from(signNote(`${lines.join('\n')}\n`, [signer])).toString('base64')
}

function answer(
  status: number,
  receipts: string[] = [],
  body: Uint8Array = new Uint8Array(),
): Answer {
  return { status, headers: { 'grantlog-receipt': receipts.join(', ') }, body }
}

function partialSuccess(rejected: number, message: string): Uint8Array {
  const response = new WireWriter()
  response.message(1, (partial) => {
    partial.varint(1, rejected)
    partial.text(2, message)
  })
  return response.finish()
}

const done = { kind: 'done', refused: 0, reason: '', lastIndex: 103, receivedAt: 1 }

describe('a 200', () => {
  test('with a receipt for the whole batch is done', () => {
    expect(judge(answer(200, [receipt()]), batch, by)).toEqual(done)
  })

  test('with receipts that together cover it is done', () => {
    const receipts = [receipt({ range: '12-13' }), receipt({ range: '10-11' })]
    expect(judge(answer(200, receipts), batch, by)).toEqual(done)
  })

  test.each<[string, string[]]>([
    ['no receipt', []],
    ['a receipt of another key', [receipt({ signer: noteKey(`${origin}/receipt`).signer })]],
    ['a receipt under the name of the log', [receipt({ signer: noteKey(origin).signer })]],
    ['a receipt of another origin', [receipt({ origin: 'other.example/log' })]],
    ['a receipt of another batch', [receipt({ root: Buffer.alloc(32, 8) })]],
    ['a receipt for a part', [receipt({ range: '10-12' })]],
    ['a receipt for other numbers', [receipt({ range: '0-9' })]],
    ['a range in reverse', [receipt({ range: '13-10' })]],
    ['indexes in reverse', [receipt({ indexes: '103-100' })]],
    ['another text under the right key', [receipt({ format: 'grantlog-receipt-v2' })]],
    ['garbage', ['%%%', 'AAAA', 'bm90IGEgbm90ZQ==']],
    ['a receipt with one bit flipped', [receipt().replace(/^./, (c) => (c === 'Z' ? 'Y' : 'Z'))]],
  ])('with %s keeps the batch', (_, receipts) => {
    expect(judge(answer(200, receipts), batch, by)).toMatchObject({
      kind: 'again',
      code: 'RECEIPT_INVALID',
    })
  })

  test('that refuses some by name is no end: nobody signed that', () => {
    const body = partialSuccess(1, 'OUT_OF_SCOPE: no')
    const verdict = judge(answer(200, [receipt({ range: '10-12' })], body), batch, by)
    expect(verdict).toEqual({ kind: 'refused', refused: 1, reason: 'OUT_OF_SCOPE: no' })
    const all = judge(answer(200, [], partialSuccess(9999, 'forged')), batch, by)
    expect(all).toEqual({ kind: 'refused', refused: 4, reason: 'forged' })
  })

  test('with receipts in several places tells the earliest', () => {
    const receipts = [
      receipt({ range: '10-11', indexes: '200-201' }),
      receipt({ range: '12-13', indexes: '7-8' }),
    ]
    expect(judge(answer(200, receipts), batch, by)).toMatchObject({ kind: 'done', lastIndex: 8 })
  })

  test('that refuses fewer than are missing keeps the batch', () => {
    const body = partialSuccess(1, 'x')
    expect(judge(answer(200, [receipt({ range: '10-11' })], body), batch, by).kind).toBe('again')
  })

  test('of a Collector needs no receipt', () => {
    const collector: Judge = { ...by, trust: null }
    const unknown = { kind: 'done', refused: 0, reason: '', lastIndex: null }
    expect(judge(answer(200), batch, collector)).toEqual(unknown)
    expect(judge(answer(200, [], Buffer.from('garbage')), batch, collector)).toEqual(unknown)
  })
})

test.each([400, 401, 404, 413, 415])('%i is a refusal', (status) => {
  expect(judge(answer(status), batch, by)).toMatchObject({ kind: 'refused', refused: 4 })
})

test.each([302, 408, 429, 500, 502, 503, 504])('%i is tried again', (status) => {
  expect(judge(answer(status), batch, by)).toMatchObject({ kind: 'again', code: 'EXPORT_FAILING' })
})

test('Retry-After is honoured, up to five minutes', () => {
  const of = (value: string): unknown =>
    judge({ status: 503, headers: { 'retry-after': value }, body: new Uint8Array() }, batch, by)
  expect(of('7')).toMatchObject({ afterMs: 7000 })
  expect(of('86400')).toMatchObject({ afterMs: 300_000 })
  expect(of('Thu, 01 Jan 1970 00:00:09 GMT')).toMatchObject({ afterMs: 9000 })
  expect(of('soon')).toMatchObject({ afterMs: null })
})
