import { expect, test } from '@jest/globals'
import {
  expectCode,
  flip,
  sha256,
  testKey,
  text,
  utf8,
  vector,
  verifyEd25519,
  vkeyOf,
} from '../test/helpers.ts'
import { encodeCheckpoint } from './checkpoint.ts'
import { cosignatureSigner, cosignatureTime, cosignatureVerifier } from './cosignature.ts'
import { ed25519Signer, ed25519Verifier } from './ed25519.ts'
import { openNote, signNote } from './note.ts'

const WITNESS = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2'
const TEXT = encodeCheckpoint({ origin: 'log.example', size: 1, root: sha256(utf8('x')) })
const key = testKey('witness.example', 3)
const at = (time: number): ReturnType<typeof cosignatureSigner> =>
  cosignatureSigner({ ...key, now: () => time }, sha256)
const verifier = cosignatureVerifier(vkeyOf(key, 4), sha256, verifyEd25519)

test('a public witness’s cosignature verifies, and only with its time', async () => {
  const note = vector('arche2025h1.checkpoint')
  const remora = cosignatureVerifier(WITNESS, sha256, verifyEd25519)
  const [signature] = openNote(utf8(note), [remora]).verified
  expect(cosignatureTime(signature!.signature)).toBe(0x6a122120)
  const later = note.replace('2net5wAAAABqEiEg', '2net5wAAAABqEiEh')
  await expectCode('TLOG_SIGNATURE_INVALID', () => openNote(utf8(later), [remora]))
})

test('sign and verify, with the time readable; any flipped bit is refused', () => {
  const { text, verified } = openNote(signNote(TEXT, [at(1_679_315_147)]), [verifier])
  const { signature } = verified[0]!
  expect(cosignatureTime(signature)).toBe(1_679_315_147)
  for (let bit = 0; bit < signature.length * 8; bit++) {
    expect(verifier.verify(utf8(text), flip(signature, bit))).toBe(false)
  }
  expect(verifier.verify(utf8(`${text}x\n`), signature)).toBe(false)
})

test('the signed message is the two lines of the specification and the whole text', () => {
  const signed: string[] = []
  const spy = {
    ...key,
    now: () => 0,
    sign: (data: Uint8Array) => (signed.push(text(data)), new Uint8Array(64)),
  }
  const [head, tail] = [cosignatureSigner(spy, sha256).sign(utf8(TEXT)).subarray(0, 8), TEXT]
  expect([...head]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  expect(signed).toEqual([`cosignature/v1\ntime 0\n${tail}`])
})

test('a plain signature and a cosignature by one key don’t pass for each other', async () => {
  const plain = ed25519Verifier(vkeyOf(key, 1), sha256, verifyEd25519)
  await expectCode('TLOG_NOTE_UNVERIFIED', () => openNote(signNote(TEXT, [at(1)]), [plain]))
  const asPlain = signNote(TEXT, [ed25519Signer(key, sha256)])
  await expectCode('TLOG_NOTE_UNVERIFIED', () => openNote(asPlain, [verifier]))
  const time = new Uint8Array(8)
  const mixed = new Uint8Array([...time, ...key.sign(utf8(TEXT))])
  expect(verifier.verify(utf8(TEXT), mixed)).toBe(false)
})

test('has exactly 72 bytes, and a time up to 2^53 − 1', async () => {
  for (const length of [0, 8, 64, 71, 73]) {
    expect(cosignatureTime(new Uint8Array(length))).toBeUndefined()
    expect(verifier.verify(utf8(TEXT), new Uint8Array(length))).toBe(false)
  }
  const latest = at(Number.MAX_SAFE_INTEGER).sign(utf8(TEXT))
  expect(cosignatureTime(latest)).toBe(Number.MAX_SAFE_INTEGER)
  expect(verifier.verify(utf8(TEXT), latest)).toBe(true)
  expect(cosignatureTime(new Uint8Array(72).fill(255))).toBeUndefined()
  for (const time of [-1, 1.5, NaN, 2 ** 53]) {
    await expectCode('TLOG_RANGE_INVALID', () => at(time).sign(utf8(TEXT)))
  }
})

test('only checkpoints are cosigned', () =>
  expectCode('TLOG_CHECKPOINT_MALFORMED', () => signNote('hello\n', [at(1)])))
