import { describe, expect, test } from '@jest/globals'
import { expectCode, hex, sha256, testKey, vkeyOf } from '../test/helpers.ts'
import { cosignatureVerifier } from './cosignature.ts'
import { ed25519Signer, ed25519Verifier } from './ed25519.ts'
import { formatVkey, isKeyName, noteKeyId, parseVkey } from './key.ts'

const EXAMPLE = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const WITNESS = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2'

describe('vkeys', () => {
  test('of the specification and of a public witness are read, and written back', () => {
    const key = parseVkey(EXAMPLE, sha256)
    expect(key).toMatchObject({ name: 'example.com/foo', type: 1, keyId: 0x530d903a })
    expect(hex(key.publicKey)).toMatch(/^e932791ae6e7a840/)
    expect(parseVkey(WITNESS, sha256)).toMatchObject({
      name: 'remora.n621.de',
      type: 4,
      keyId: 0xda77ade7,
    })
    for (const vkey of [EXAMPLE, WITNESS])
      expect(formatVkey(parseVkey(vkey, sha256), sha256)).toBe(vkey)
  })

  test('no other string near a key is that key', async () => {
    for (let at = 0; at < EXAMPLE.length; at++) {
      const changed = String.fromCharCode(EXAMPLE.charCodeAt(at) + 1)
      const near = [
        EXAMPLE.slice(0, at),
        EXAMPLE.slice(at + 1),
        EXAMPLE.slice(0, at) + changed + EXAMPLE.slice(at + 1),
      ]
      for (const one of near.filter((one) => one !== EXAMPLE)) {
        await expectCode('TLOG_KEY_MALFORMED', () => parseVkey(one, sha256))
      }
    }
    await expectCode('TLOG_KEY_MALFORMED', () =>
      parseVkey(EXAMPLE.replace('530d903a', '530D903A'), sha256),
    )
    await expectCode('TLOG_KEY_MALFORMED', () => parseVkey(`${EXAMPLE}\n`, sha256))
  })

  test('the key id depends on name, type and key', () => {
    const publicKey = new Uint8Array(32)
    const ids = [
      noteKeyId({ name: 'a', type: 1, publicKey }, sha256),
      noteKeyId({ name: 'b', type: 1, publicKey }, sha256),
      noteKeyId({ name: 'a', type: 4, publicKey }, sha256),
      noteKeyId({ name: 'a', type: 1, publicKey: new Uint8Array(32).fill(1) }, sha256),
    ]
    expect(new Set(ids).size).toBe(4)
    expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 32)).toBe(true)
  })

  test('an Ed25519 key of another length, an unknown length of name, type 0: refused', async () => {
    const publicKey = new Uint8Array(32)
    const longest = 'n'.repeat(255)
    expect(formatVkey({ name: longest, type: 1, publicKey }, sha256)).toMatch(/^n{255}\+/)
    const bad = [
      { name: `${longest}n`, type: 1, publicKey },
      { name: 'a', type: 1, publicKey: new Uint8Array(31) },
      { name: 'a', type: 4, publicKey: new Uint8Array(33) },
      { name: 'a', type: 0, publicKey },
      { name: 'a', type: 256, publicKey },
      { name: 'a', type: 6, publicKey: new Uint8Array(0) },
    ]
    for (const key of bad) await expectCode('TLOG_KEY_MALFORMED', () => formatVkey(key, sha256))
  })

  test('a verifier takes only its own type', async () => {
    const verify = (): boolean => true
    expect(ed25519Verifier(EXAMPLE, sha256, verify)).toMatchObject({ keyId: 0x530d903a })
    expect(cosignatureVerifier(WITNESS, sha256, verify)).toMatchObject({ keyId: 0xda77ade7 })
    await expectCode('TLOG_KEY_MALFORMED', () => ed25519Verifier(WITNESS, sha256, verify))
    await expectCode('TLOG_KEY_MALFORMED', () => cosignatureVerifier(EXAMPLE, sha256, verify))
  })

  test('a signer has the key id of its vkey', () => {
    const key = testKey('log.example', 7)
    expect(ed25519Signer(key, sha256).keyId).toBe(parseVkey(vkeyOf(key, 1), sha256).keyId)
  })
})

test('names have no Unicode space, plus or control character, and are not empty', () => {
  for (const good of ['a', 'example.com/foo', 'è', '😀']) expect(isKeyName(good)).toBe(true)
  for (const bad of [
    '',
    ' ',
    'a b',
    'a+b',
    'a\u00a0b',
    'a\u0085b',
    'a\u2003b',
    'a\u3000',
    'a\tb',
    'a\nb',
    'a\0',
    '\ud800',
  ]) {
    expect(isKeyName(bad)).toBe(false)
  }
})
