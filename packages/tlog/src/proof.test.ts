import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  expectCode,
  hex,
  memoryReader,
  naiveRoot,
  sha256,
  testKey,
  utf8,
  verifyEd25519,
  vkeyOf,
} from '../test/helpers.ts'
import { signCheckpoint } from './checkpoint.ts'
import { ed25519Signer, ed25519Verifier } from './ed25519.ts'
import { leafHash } from './hash.ts'
import { MAX_EXTRA_BYTES, MAX_NOTE_BYTES, MAX_PROOF_HASHES } from './limits.ts'
import { checkProof, decodeProof, encodeProof, type Proof } from './proof.ts'
import { proveInclusion } from './prove.ts'

const origin = 'log.example'
const key = testKey(origin, 1)
const signer = ed25519Signer(key, sha256)
const verifiers = [ed25519Verifier(vkeyOf(key, 1), sha256, verifyEd25519)]
const entries = Array.from({ length: 11 }, (_, n) => utf8(`entry ${n}`))
const leaves = entries.map((entry) => leafHash(sha256, entry))
const root = naiveRoot(leaves)
const checkpoint = signCheckpoint({ origin, size: 11, root }, [signer])

async function proofOf(index: number, extra?: Uint8Array): Promise<string> {
  const hashes = await proveInclusion(memoryReader(leaves), index, 11)
  return encodeProof({ index, hashes, checkpoint, ...(extra && { extra }) })
}

describe('checkProof', () => {
  test('holds for every entry, with or without extra data', async () => {
    for (let index = 0; index < 11; index++) {
      const entry = entries[index]!
      const plain = checkProof({ sha256, proof: await proofOf(index), entry, origin, verifiers })
      expect(plain).toMatchObject({ index, checkpoint: { origin, size: 11 } })
      expect('extra' in plain).toBe(false)
      const proof = await proofOf(index, utf8('extra'))
      const withExtra = checkProof({ sha256, proof, entry, origin, verifiers })
      expect(hex(withExtra.extra!)).toBe(hex(utf8('extra')))
    }
  })

  test('fails for another entry, index or path, and for a leaf hash as the entry', async () => {
    const proof = await proofOf(4)
    const check = (proof: string, entry: Uint8Array) => (): unknown =>
      checkProof({ sha256, proof, entry, origin, verifiers })
    await expectCode('TLOG_PROOF_FAILED', check(proof, entries[5]!))
    await expectCode('TLOG_PROOF_FAILED', check(proof, leaves[4]!))
    await expectCode('TLOG_PROOF_FAILED', check(proof.replace('index 4', 'index 5'), entries[4]!))
    await expectCode('TLOG_PROOF_FAILED', check(proof.replace('index 4', 'index 11'), entries[4]!))
    const { hashes } = decodeProof(proof)
    const swapped = encodeProof({ index: 4, hashes: hashes.toReversed(), checkpoint })
    await expectCode('TLOG_PROOF_FAILED', check(swapped, entries[4]!))
  })

  test('fails for a checkpoint of another key, origin or root', async () => {
    const entry = entries[4]!
    const proof = await proofOf(4)
    const stranger = testKey('stranger.example', 9)
    const strangers = [ed25519Verifier(vkeyOf(stranger, 1), sha256, verifyEd25519)]
    await expectCode('TLOG_NOTE_UNVERIFIED', () =>
      checkProof({ sha256, proof, entry, origin, verifiers: strangers }),
    )
    await expectCode('TLOG_CHECKPOINT_ORIGIN', () =>
      checkProof({ sha256, proof, entry, origin: 'other', verifiers }),
    )
    const forged = signCheckpoint({ origin, size: 11, root: leaves[0]! }, [signer])
    const { index, hashes } = decodeProof(proof)
    const other = encodeProof({ index, hashes, checkpoint: forged })
    await expectCode('TLOG_PROOF_FAILED', () =>
      checkProof({ sha256, proof: other, entry, origin, verifiers }),
    )
  })
})

describe('the format', () => {
  test('is the lines of the specification', async () => {
    const { hashes } = decodeProof(await proofOf(10))
    const lines = hashes.map((hash) => Buffer.from(hash).toString('base64'))
    const note = new TextDecoder().decode(checkpoint)
    const expected = ['c2sp.org/tlog-proof@v1', 'extra eA==', 'index 10', ...lines, '', note].join(
      '\n',
    )
    expect(await proofOf(10, utf8('x'))).toBe(expected)
  })

  test('what is encoded is decoded', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const proof = fc.record(
      {
        index: fc.maxSafeNat(),
        hashes: fc.array(hash, { maxLength: MAX_PROOF_HASHES }),
        checkpoint: fc.string({ minLength: 1, unit: 'grapheme' }).map(utf8),
        extra: fc.uint8Array({ minLength: 1, maxLength: 100 }),
      },
      { requiredKeys: ['index', 'hashes', 'checkpoint'] },
    )
    const plain = ({ index, hashes, checkpoint, extra }: Proof): unknown => [
      index,
      hashes.map(hex),
      hex(checkpoint),
      extra && hex(extra),
    ]
    fc.assert(
      fc.property(proof, (one) =>
        expect(plain(decodeProof(encodeProof(one as Proof)))).toEqual(plain(one as Proof)),
      ),
    )
  })

  const head = 'c2sp.org/tlog-proof@v1\n'
  const line = `${'A'.repeat(43)}=\n`
  test.each([
    '',
    '\n\nx',
    head,
    `${head}index 0\n`,
    `${head}index 0\n\n`,
    `${head}\nx`,
    `${head}index 00\n\nx`,
    `${head}index -1\n\nx`,
    `${head}index 9007199254740992\n\nx`,
    `${head}index 0 \n\nx`,
    `${head}index  0\n\nx`,
    `${head}Index 0\n\nx`,
    `${head}extra\nindex 0\n\nx`,
    `${head}extra \nindex 0\n\nx`,
    `${head}extra A\nindex 0\n\nx`,
    `${head}index 0\nextra eA==\n\nx`,
    `${head}extra eA==\nextra eA==\nindex 0\n\nx`,
    `${head}extra eA==\n\nx`,
    `c2sp.org/tlog-proof@v2\nindex 0\n\nx`,
    ` ${head}index 0\n\nx`,
    `${head}index 0\nAAAA\n\nx`,
    `${head}index 0\n ${line}\nx`,
    `${head}index 0\n${'A'.repeat(42)}B=\n\nx`,
    `${head}index 0\r\n\nx`,
    `${head}index 0\n\n\ud800`,
  ])('refuses %j', (text) => expectCode('TLOG_PROOF_MALFORMED', () => decodeProof(text)))

  test('the limits: 63 hashes, 65,535 bytes of extra data, a note of 1 MiB', async () => {
    const hashes = (count: number): string => `${head}index 0\n${line.repeat(count)}\nx`
    expect(decodeProof(hashes(63)).hashes).toHaveLength(63)
    await expectCode('TLOG_PROOF_MALFORMED', () => decodeProof(hashes(64)))
    const base = { index: 0, hashes: [], checkpoint: utf8('x') }
    const many = Array.from({ length: 64 }, () => leaves[0]!)
    expect(encodeProof({ ...base, hashes: many.slice(1) })).toBeDefined()
    await expectCode('TLOG_PROOF_MALFORMED', () => encodeProof({ ...base, hashes: many }))

    const extra = new Uint8Array(MAX_EXTRA_BYTES)
    expect(decodeProof(encodeProof({ ...base, extra })).extra).toHaveLength(MAX_EXTRA_BYTES)
    const longer = new Uint8Array(MAX_EXTRA_BYTES + 1)
    const spelled = `${head}extra ${Buffer.from(longer).toString('base64')}\nindex 0\n\nx`
    await expectCode('TLOG_PROOF_MALFORMED', () => encodeProof({ ...base, extra: longer }))
    await expectCode('TLOG_PROOF_MALFORMED', () =>
      encodeProof({ ...base, extra: new Uint8Array(0) }),
    )
    await expectCode('TLOG_PROOF_MALFORMED', () => decodeProof(spelled))

    const note = 'x'.repeat(MAX_NOTE_BYTES)
    const coded = Buffer.from(extra).toString('base64')
    const whole = `${head}extra ${coded}\nindex 0\n${line.repeat(63)}\n${note}`
    expect(decodeProof(whole).checkpoint).toHaveLength(MAX_NOTE_BYTES)
    await expectCode('TLOG_PROOF_MALFORMED', () => decodeProof(`${head}index 0\n\n${note}x`))
    await expectCode('TLOG_PROOF_MALFORMED', () =>
      encodeProof({ ...base, checkpoint: utf8(`${note}x`) }),
    )
  })

  test('is not written for a value it could not read', async () => {
    const base = { index: 0, hashes: [], checkpoint }
    const bad = [
      { index: -1 },
      { index: 2 ** 53 },
      { hashes: [new Uint8Array(31)] },
      { checkpoint: new Uint8Array(0) },
      { checkpoint: Uint8Array.of(255) },
    ]
    for (const change of bad)
      await expectCode('TLOG_PROOF_MALFORMED', () => encodeProof({ ...base, ...change }))
  })
})
