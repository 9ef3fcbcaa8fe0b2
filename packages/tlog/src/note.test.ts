import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  expectCode,
  flip,
  hex,
  sha256,
  testKey,
  text,
  unhex,
  utf8,
  vector,
  verifyEd25519,
  vkeyOf,
} from '../test/helpers.ts'
import { ed25519Signer, ed25519Verifier } from './ed25519.ts'
import { MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES } from './limits.ts'
import {
  decodeNote,
  decodeSignatureLines,
  encodeNote,
  type NoteVerifier,
  openNote,
  signNote,
} from './note.ts'

const verifier = (vkey: string): NoteVerifier => ed25519Verifier(vkey, sha256, verifyEd25519)
const PETER = verifier('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')
const ENOCH = verifier('EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop')
const NOTE = vector('x-mod.note')
const TEXT = NOTE.slice(0, NOTE.indexOf('\n\n') + 1)
const [PETER_LINE, ENOCH_LINE] = NOTE.slice(TEXT.length + 1)
  .split('\n')
  .map((line) => `${line}\n`)
const open = (note: string, ...verifiers: NoteVerifier[]): ReturnType<typeof openNote> =>
  openNote(utf8(note), verifiers)

describe('the note of golang.org/x/mod', () => {
  test('is reproduced byte for byte from its key', () => {
    // AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz without the type byte.
    const seed = unhex('810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173')
    const signer = ed25519Signer(testKey('PeterNeumann', seed), sha256)
    expect(signer.keyId).toBe(PETER.keyId)
    expect(text(signNote(TEXT, [signer]))).toBe(`${TEXT}\n${PETER_LINE}`)
  })

  test('opens with one key or both, in the order of its lines', () => {
    const one = open(NOTE, PETER)
    expect(one.text).toBe(TEXT)
    expect(one.verified.map(({ name }) => name)).toEqual(['PeterNeumann'])
    expect(one.unverified.map(({ name }) => name)).toEqual(['EnochRoot'])
    const both = open(NOTE, ENOCH, PETER)
    expect(both.verified.map(({ name }) => name)).toEqual(['PeterNeumann', 'EnochRoot'])
    expect(both.unverified).toEqual([])
  })

  test('is taken apart and written again', () => {
    expect(text(encodeNote(decodeNote(utf8(NOTE))))).toBe(NOTE)
    expect(decodeSignatureLines(`${PETER_LINE}${ENOCH_LINE}`)).toEqual(
      decodeNote(utf8(NOTE)).signatures,
    )
  })
})

describe('openNote', () => {
  test('rejects a note in which any bit of the text or of a known signature was flipped', () => {
    const bytes = utf8(`${TEXT}\n${PETER_LINE}`)
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      expect(() => openNote(flip(bytes, bit), [PETER])).toThrow()
    }
  })

  test('without a known key is unverified, whoever else signed', async () => {
    await expectCode('TLOG_NOTE_UNVERIFIED', () => open(NOTE))
    await expectCode('TLOG_NOTE_UNVERIFIED', () => open(`${TEXT}\n${ENOCH_LINE}`, PETER))
  })

  test('a known key with a bad signature rejects the note, whoever else signed', async () => {
    const forged = ENOCH_LINE!.replace('kFXS', 'kFXT')
    await expectCode('TLOG_SIGNATURE_INVALID', () =>
      open(`${TEXT}\n${PETER_LINE}${forged}`, PETER, ENOCH),
    )
    expect(open(`${TEXT}\n${PETER_LINE}${forged}`, PETER).verified).toHaveLength(1)
    await expectCode('TLOG_SIGNATURE_INVALID', () =>
      open(`${TEXT}\n${PETER_LINE}${PETER_LINE!.replace('ZJku', 'ZJkv')}`, PETER),
    )
    await expectCode('TLOG_SIGNATURE_INVALID', () =>
      open(`${TEXT.replace('a', 'A').replace('If', 'if')}\n${PETER_LINE}`, PETER),
    )
  })

  test('a name or a key id alone does not make a known key', () => {
    const other = { name: 'PeterNeumann', keyId: 1, signature: Uint8Array.of(1) }
    const alias = { name: 'Peter', keyId: PETER.keyId, signature: Uint8Array.of(1) }
    const { signatures } = decodeNote(utf8(NOTE))
    const note = encodeNote({ text: TEXT, signatures: [other, alias, ...signatures] })
    const opened = openNote(note, [PETER])
    expect(opened.verified).toHaveLength(1)
    expect(opened.unverified.map(({ name }) => name)).toEqual([
      'PeterNeumann',
      'Peter',
      'EnochRoot',
    ])
  })

  test('a key that signs twice counts once', () => {
    expect(open(`${TEXT}\n${PETER_LINE}${PETER_LINE}`, PETER).verified).toHaveLength(1)
  })

  test('a signature of another length is invalid without asking the curve', async () => {
    let asked = false
    const peter = ed25519Verifier(
      'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      sha256,
      () => (asked = true),
    )
    for (const length of [1, 63, 65]) {
      const signatures = [
        { name: peter.name, keyId: peter.keyId, signature: new Uint8Array(length) },
      ]
      await expectCode('TLOG_SIGNATURE_INVALID', () =>
        openNote(encodeNote({ text: TEXT, signatures }), [peter]),
      )
    }
    expect(asked).toBe(false)
  })

  test('refuses two verifiers for one key', () =>
    expectCode('TLOG_KEY_AMBIGUOUS', () => open(NOTE, PETER, ENOCH, PETER)))
})

describe('the format', () => {
  const line = '— a AAAAAAE=\n'
  test.each([
    ['nothing', ''],
    ['no signature', 'text\n'],
    ['no signature line', 'text\n\n'],
    ['no text', `\n${line}`],
    ['no blank line', `text\n${line}`],
    ['no last newline', `text\n\n${line.trim()}`],
    ['a carriage return', `text\r\n\n${line}`],
    ['a tab', `te\txt\n\n${line}`],
    ['NUL', `\0text\n\n${line}`],
    ['text after', `text\n\n${line}more\n`],
    ['a hyphen for the dash', `text\n\n- a AAAAAAE=\n`],
    ['two spaces', `text\n\n—  a AAAAAAE=\n`],
    ['a space in the name', `text\n\n— a b AAAAAAE=\n`],
    ['a plus in the name', `text\n\n— a+b AAAAAAE=\n`],
    ['a no-break space in the name', `text\n\n— a\u00a0b AAAAAAE=\n`],
    ['no name', `text\n\n— AAAAAAE=\n`],
    ['an empty signature', `text\n\n— a AAAAAA==\n`],
    ['base64 without padding', `text\n\n— a AAAAAAE\n`],
    ['base64 with trailing bits', `text\n\n— a AAAAAAF=\n`],
    ['a space at the end', `text\n\n— a AAAAAAE= \n`],
  ])('refuses %s', (_what, note) => expectCode('TLOG_NOTE_MALFORMED', () => decodeNote(utf8(note))))

  test('refuses what is not UTF-8', () =>
    expectCode('TLOG_NOTE_MALFORMED', () =>
      decodeNote(Buffer.concat([Buffer.of(0xff), utf8(`text\n\n${line}`)])),
    ))

  test('keeps blank lines in the text: the last one ends it', () => {
    expect(decodeNote(utf8(`a\n\nb\n\n\n${line}`)).text).toBe('a\n\nb\n\n')
  })

  test('any text and signatures come back', () => {
    const name = fc.stringMatching(/^[a-z./è😀]{1,20}$/u)
    const signature = fc.record({
      name,
      keyId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
    })
    const body = fc.stringMatching(/^[ -~\nè—]{0,40}$/u).map((body) => `${body}\n`)
    fc.assert(
      fc.property(body, fc.array(signature, { minLength: 1, maxLength: 5 }), (text, signatures) => {
        const note = decodeNote(encodeNote({ text, signatures }))
        expect(note.text).toBe(text)
        const plain = (all: typeof note.signatures): unknown[] =>
          all.map((one) => ({ ...one, signature: hex(one.signature) }))
        expect(plain(note.signatures)).toEqual(plain(signatures))
      }),
    )
  })

  test('does not write what it would not read', async () => {
    const signatures = [{ name: 'a', keyId: 1, signature: Uint8Array.of(1) }]
    for (const text of ['', 'no newline', 'a\r\n', '\ud800\n']) {
      await expectCode('TLOG_NOTE_MALFORMED', () => encodeNote({ text, signatures }))
      await expectCode('TLOG_NOTE_MALFORMED', () => signNote(text, []))
    }
    const bad = [
      [],
      [{ ...signatures[0]!, name: 'a b' }],
      [{ ...signatures[0]!, signature: new Uint8Array(0) }],
    ]
    for (const signatures of bad) {
      await expectCode('TLOG_NOTE_MALFORMED', () => encodeNote({ text: 'a\n', signatures }))
    }
  })

  test('limits the signatures to 64 and the bytes to 1 MiB', async () => {
    const signature = { name: 'a', keyId: 1, signature: Uint8Array.of(1) }
    const signed = (count: number): Uint8Array =>
      encodeNote({ text: 'a\n', signatures: Array.from({ length: count }, () => signature) })
    expect(decodeNote(signed(MAX_NOTE_SIGNATURES)).signatures).toHaveLength(64)
    await expectCode('TLOG_NOTE_MALFORMED', () => signed(MAX_NOTE_SIGNATURES + 1))
    const lines = line.repeat(MAX_NOTE_SIGNATURES + 1)
    await expectCode('TLOG_NOTE_MALFORMED', () => decodeNote(utf8(`a\n\n${lines}`)))

    const frame = encodeNote({ text: '\n', signatures: [signature] }).length
    const long = (bytes: number): string => `${'x'.repeat(bytes - frame)}\n`
    const note = encodeNote({ text: long(MAX_NOTE_BYTES), signatures: [signature] })
    expect(note).toHaveLength(MAX_NOTE_BYTES)
    expect(decodeNote(note).signatures).toHaveLength(1)
    await expectCode('TLOG_NOTE_MALFORMED', () =>
      encodeNote({ text: long(MAX_NOTE_BYTES + 1), signatures: [signature] }),
    )
    await expectCode('TLOG_NOTE_MALFORMED', () =>
      decodeNote(utf8(`${long(MAX_NOTE_BYTES + 1)}\n${line}`)),
    )
  })
})

test('sign and open: each signer’s key opens it', () => {
  const keys = [testKey('a.example', 1), testKey('b.example', 2)]
  const note = signNote(
    'hello\n',
    keys.map((key) => ed25519Signer(key, sha256)),
  )
  const opened = openNote(
    note,
    keys.map((key) => verifier(vkeyOf(key, 1))),
  )
  expect(opened.verified.map(({ name }) => name)).toEqual(['a.example', 'b.example'])
})
