import { describe, expect, test } from '@jest/globals'
import {
  expectCode,
  hex,
  sha256,
  testKey,
  text,
  utf8,
  vector,
  verifyEd25519,
  vkeyOf,
} from '../test/helpers.ts'
import { decodeCheckpoint, encodeCheckpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { cosignatureSigner, cosignatureVerifier } from './cosignature.ts'
import { ed25519Signer, ed25519Verifier } from './ed25519.ts'
import { MAX_TREE_SIZE } from './limits.ts'
import { signNote } from './note.ts'

const SPEC = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
const origin = 'log.example/1'
const logKey = testKey(origin, 1)
const witnessKey = { ...testKey('witness.example', 2), now: () => 1_700_000_000 }
const log = ed25519Signer(logKey, sha256)
const witness = cosignatureSigner(witnessKey, sha256)
const verifiers = [ed25519Verifier(vkeyOf(logKey, 1), sha256, verifyEd25519)]
const witnesses = [cosignatureVerifier(vkeyOf(witnessKey, 4), sha256, verifyEd25519)]
const checkpoint = { origin, size: 5, root: sha256(utf8('root')) }

describe('the text', () => {
  test('of the specification is read and written back', () => {
    const sofa = decodeCheckpoint(SPEC)
    expect(sofa).toMatchObject({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      extensions: [],
    })
    expect(hex(sofa.root)).toMatch(/^0ac5186a91863e8e/)
    expect(encodeCheckpoint(sofa)).toBe(SPEC)
  })

  test('keeps extension lines, an origin with spaces, the sizes 0 and 2^53 − 1', () => {
    for (const size of ['0', String(MAX_TREE_SIZE)]) {
      const text = `rekor.example - 1193\n${size}\n${'A'.repeat(43)}=\nTimestamp: 1\n— x\n`
      expect(encodeCheckpoint(decodeCheckpoint(text))).toBe(text)
    }
  })

  const root = `${'A'.repeat(43)}=`
  test.each([
    '',
    '\n',
    'o\n',
    'o\n1\n',
    `\n1\n${root}\n`,
    `o\n\n${root}\n`,
    `o\n01\n${root}\n`,
    `o\n+1\n${root}\n`,
    `o\n-1\n${root}\n`,
    `o\n1.0\n${root}\n`,
    `o\n1e3\n${root}\n`,
    `o\n 1\n${root}\n`,
    `o\n9007199254740992\n${root}\n`,
    `o\n99999999999999999999\n${root}\n`,
    `o\n1\n${root}`,
    `o\n1\n${root.slice(0, -1)}\n`,
    `o\n1\nAAAA\n`,
    `o\n1\n${'A'.repeat(42)}B=\n`,
    `o\n1\n${'A'.repeat(44)}\n`,
    `o\n1\n${root}\n\n`,
    `o\n1\n${root}\n\nx\n`,
    `o\r\n1\n${root}\n`,
    `${'o'.repeat(256)}\n1\n${root}\n`,
    `${'è'.repeat(128)}\n1\n${root}\n`,
  ])('refuses %j', (text) => expectCode('TLOG_CHECKPOINT_MALFORMED', () => decodeCheckpoint(text)))

  test('is not written for a value it could not read', async () => {
    expect(encodeCheckpoint({ ...checkpoint, origin: 'o'.repeat(255) })).toMatch(/^o{255}\n/)
    const bad = [
      { origin: '' },
      { origin: 'o'.repeat(256) },
      { origin: 'a\nb' },
      { origin: 'a\0' },
      { origin: '\ud800' },
      { size: -1 },
      { size: 0.5 },
      { size: 2 ** 53 },
      { root: new Uint8Array(31) },
      { extensions: [''] },
      { extensions: ['a\nb'] },
    ]
    for (const change of bad) {
      await expectCode('TLOG_CHECKPOINT_MALFORMED', () =>
        encodeCheckpoint({ ...checkpoint, ...change }),
      )
    }
  })
})

describe('sign and open', () => {
  test('give back the checkpoint, the log’s signature and the cosignatures apart', () => {
    const opened = openCheckpoint(signCheckpoint(checkpoint, [log, witness]), {
      origin,
      verifiers,
      witnesses,
    })
    expect(opened).toMatchObject({
      origin,
      size: 5,
      extensions: [],
      text: encodeCheckpoint(checkpoint),
    })
    expect(hex(opened.root)).toBe(hex(checkpoint.root))
    expect(opened.signatures.map(({ name }) => name)).toEqual([origin])
    expect(opened.cosignatures.map(({ name }) => name)).toEqual(['witness.example'])
  })

  test('cosignatures of unknown witnesses are not counted', () => {
    const opened = openCheckpoint(signCheckpoint(checkpoint, [log, witness]), { origin, verifiers })
    expect(opened.cosignatures).toEqual([])
  })

  test('witnesses alone don’t make it a checkpoint of the log', () =>
    expectCode('TLOG_NOTE_UNVERIFIED', () =>
      openCheckpoint(signCheckpoint(checkpoint, [witness]), { origin, verifiers, witnesses }),
    ))

  test('another origin signed by the same key is refused', () =>
    expectCode('TLOG_CHECKPOINT_ORIGIN', () =>
      openCheckpoint(signCheckpoint({ ...checkpoint, origin: 'log.example/2' }, [log]), {
        origin,
        verifiers,
      }),
    ))

  test('a signed note that is no checkpoint is refused', () =>
    expectCode('TLOG_CHECKPOINT_MALFORMED', () =>
      openCheckpoint(signNote(`${origin}\n05\nx\n`, [log]), { origin, verifiers }),
    ))

  test('a changed size is refused', () => {
    const forged = text(signCheckpoint(checkpoint, [log])).replace('\n5\n', '\n6\n')
    return expectCode('TLOG_SIGNATURE_INVALID', () =>
      openCheckpoint(utf8(forged), { origin, verifiers }),
    )
  })
})

test('a checkpoint of a public log opens with its key', () => {
  const name = 'arche2025h1.staging.ct.transparency.dev'
  const vkey = `${name}+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f`
  const keys = [ed25519Verifier(vkey, sha256, verifyEd25519)]
  const opened = openCheckpoint(utf8(vector('arche2025h1.checkpoint')), {
    origin: name,
    verifiers: keys,
  })
  expect(opened.size).toBe(1_432_088_532)
  expect(opened.signatures).toHaveLength(1)
})
