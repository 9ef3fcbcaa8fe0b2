import { describe, expect, test } from '@jest/globals'
import { utf8 } from '@grantlog/record'
import {
  ed25519Signer,
  ed25519Verifier,
  formatVkey,
  KEY_TYPE_ED25519,
  signNote,
} from '@grantlog/tlog'
import { ed25519Sign, ed25519Verify, generateEd25519, sha256 } from '../crypto.ts'
import { openReceipt, receiptKeyName, signReceipt } from './receipt.ts'

const name = receiptKeyName('a.example/log')
const { privateKey, publicKey } = generateEd25519()
const signer = ed25519Signer(
  { name, publicKey, sign: (data) => ed25519Sign(privateKey, data) },
  sha256,
)
const vkey = formatVkey({ name, type: KEY_TYPE_ED25519, publicKey }, sha256)
const verifier = ed25519Verifier(vkey, sha256, ed25519Verify)
const receipt = {
  origin: 'a.example/log',
  root: 'AAAA',
  firstSeq: 3,
  lastSeq: 5,
  firstIndex: 10,
  lastIndex: 12,
  receivedAt: 7,
}

test('a receipt reads back, and only as it was signed', () => {
  const note = utf8(signReceipt(receipt, signer))
  expect(openReceipt(note, verifier)).toEqual(receipt)
  for (let i = 0; i < note.length - 1; i++) {
    const changed = Uint8Array.from(note)
    changed[i]! ^= 1
    expect(() => openReceipt(changed, verifier)).toThrow()
  }
})

describe('a signed text that is no receipt is refused', () => {
  const text = signReceipt(receipt, signer).split('\n\n')[0]! + '\n'
  test.each([
    ['numbers and indexes of different length', text.replace('10-12', '10-13')],
    ['a range backwards', text.replace('3-5', '5-3')],
    ['another promise', text.replace('10007', '10008')],
    ['another title', text.replace('receipt-v1', 'receipt-v2')],
    ['a line more', `${text}more\n`],
  ])('%s', (_what, changed) => {
    expect(changed).not.toBe(text)
    expect(() => openReceipt(signNote(changed, [signer]), verifier)).toThrow('malformed receipt')
  })
})
