// Guarantee: refusals and receipts of log records read back as they were signed, and in no other
// way.
import { describe, expect, test } from '@jest/globals'
import {
  ed25519Signer,
  ed25519Verifier,
  formatVkey,
  KEY_TYPE_ED25519,
  signNote,
} from '@grantlog/tlog'
import { ed25519Sign, ed25519Verify, generateEd25519, sha256 } from '../crypto.ts'
import { receiptedLogsMax, refusedLinesMax } from '../limits.ts'
import { openLogReceipt, signLogReceipt } from './log-receipt.ts'
import { receiptKeyName } from './receipt.ts'
import { openRefusal, signRefusal } from './refusal.ts'

const name = receiptKeyName('a.example/log')
const { privateKey, publicKey } = generateEd25519()
const signer = ed25519Signer(
  { name, publicKey, sign: (data) => ed25519Sign(privateKey, data) },
  sha256,
)
const vkey = formatVkey({ name, type: KEY_TYPE_ED25519, publicKey }, sha256)
const verifier = ed25519Verifier(vkey, sha256, ed25519Verify)
const hash = Buffer.alloc(32, 7).toString('base64')
const run = { code: 'OUT_OF_SCOPE', root: hash, firstSeq: 0, lastSeq: 7 }
const refusal = {
  origin: 'a.example/log',
  refusedAt: 1_795_467_600_000,
  parts: [run, { code: 'MALFORMED', digest: hash }],
}
const logs = [
  { digest: hash, index: 0 },
  { digest: hash, index: 12 },
]
const receipt = { origin: 'a.example/log', signedAt: 7, logs }

test('both read back, and only as they were signed', () => {
  const notes = [signRefusal(refusal, signer), signLogReceipt(receipt, signer)] as const
  expect(openRefusal(notes[0], verifier)).toEqual(refusal)
  expect(openLogReceipt(notes[1], verifier)).toEqual(receipt)
  for (const [at, note] of notes.entries()) {
    const open = at === 0 ? openRefusal : openLogReceipt
    for (let i = 0; i < note.length - 1; i++) {
      const changed = Uint8Array.from(note)
      changed[i]! ^= 1
      expect(() => open(changed, verifier)).toThrow()
    }
    expect(() => (at === 0 ? openLogReceipt : openRefusal)(note, verifier)).toThrow()
  }
})

test('their text is that of FORMAT.md', () => {
  const text = Buffer.from(signRefusal(refusal, signer)).toString().split('\n\n')[0]
  expect(text).toBe(
    [
      'grantlog-refusal-v1',
      'a.example/log',
      '1795467600000',
      `OUT_OF_SCOPE 0-7 ${hash}`,
      `MALFORMED log ${hash}`,
    ].join('\n'),
  )
  const lines = Buffer.from(signLogReceipt(receipt, signer)).toString().split('\n\n')[0]
  expect(lines).toBe(
    ['grantlog-log-receipt-v1', 'a.example/log', '7', '10007', `${hash} 0`, `${hash} 12`].join(
      '\n',
    ),
  )
})

test('there are as many lines as they may have, and no more', () => {
  const parts = Array.from({ length: refusedLinesMax }, () => run)
  expect(openRefusal(signRefusal({ ...refusal, parts }, signer), verifier).parts).toHaveLength(
    refusedLinesMax,
  )
  const over = signRefusal({ ...refusal, parts: [...parts, run] }, signer)
  expect(() => openRefusal(over, verifier)).toThrow('malformed refusal')
  const many = Array.from({ length: receiptedLogsMax }, () => logs[0]!)
  const whole = signLogReceipt({ ...receipt, logs: many }, signer)
  expect(openLogReceipt(whole, verifier).logs).toHaveLength(receiptedLogsMax)
  const more = signLogReceipt({ ...receipt, logs: [...many, logs[0]!] }, signer)
  expect(() => openLogReceipt(more, verifier)).toThrow('malformed receipt')
})

describe('a signed text that is none is refused', () => {
  const head = 'grantlog-refusal-v1\na.example/log\n7\n'
  test.each([
    ['no line', head],
    ['a time of letters', `grantlog-refusal-v1\na.example/log\nx\nX 0-0 ${hash}\n`],
    ['numbers in wrong order', `${head}CONFLICT 2-1 ${hash}\n`],
    ['a short hash', `${head}CONFLICT 0-1 AAAA\n`],
    ['a code in small letters', `${head}conflict 0-1 ${hash}\n`],
    ['something behind it', `${head}CONFLICT 0-1 ${hash} x\n`],
  ])('%s', (_, text) => {
    expect(() => openRefusal(signNote(text, [signer]), verifier)).toThrow('malformed refusal')
  })
})
