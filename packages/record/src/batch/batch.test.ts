import { generateKeyPairSync, sign as edSign } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { compactVerify } from 'jose'
import { sha256 } from '../../test/spans.ts'
import { base64url } from '../bytes.ts'
import { REGISTRY_VERSION } from '../names.ts'
import { readBatch, signBatch } from './batch.ts'
import { batchRoot } from './root.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const digestsOf = (n: number) =>
  Array.from({ length: n }, (_, i) => sha256(Uint8Array.of(i, i >> 8)))
const signed = (n: number) =>
  signBatch({
    digests: digestsOf(n),
    kid: base64url(sha256(Uint8Array.of(7))),
    sign: (data) => edSign(null, data, privateKey),
    sha256,
    aud: 'default',
    firstSeq: 10,
    iat: 1_795_467_600,
    instance: 'AAECAwQFBgcICQoLDA0ODw',
    prevRoot: '',
  })
/**
 * The JWS with its payload edited; the signature no longer fits, which readBatch does not check.
 */
const edited = (jws: string, part: 0 | 1, edit: (json: string) => string): string => {
  const parts = jws.split('.')
  parts[part] = Buffer.from(edit(Buffer.from(parts[part]!, 'base64url').toString())).toString(
    'base64url',
  )
  return parts.join('.')
}

describe('a batch', () => {
  test('is a JWS that another implementation verifies', async () => {
    const { jws } = signed(3)
    const { payload, protectedHeader } = await compactVerify(jws, publicKey, {
      algorithms: ['Ed25519'],
    })
    expect(protectedHeader).toMatchObject({ alg: 'Ed25519', typ: 'grantlog-batch+jws' })
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      n: 3,
      firstSeq: 10,
      registry: REGISTRY_VERSION,
    })
  })

  test('reads back as what was signed', () => {
    for (const n of [1, 2, 3, 5, 512, 1024]) {
      const { jws, digests, root } = signed(n)
      expect(readBatch(jws, digests, sha256).statement).toMatchObject({ n, root, prevRoot: '' })
    }
  })

  test('holds 1 to 1,024 records', () => {
    expect(() => signed(0)).toThrow('1 to 1024')
    expect(() => signed(1025)).toThrow('1 to 1024')
  })

  test('does not read with digests changed, reordered, missing or added', () => {
    const { jws, digests } = signed(3)
    const changed = Uint8Array.from(digests)
    changed[40]! ^= 1
    const swapped = new Uint8Array([
      ...digests.subarray(32, 64),
      ...digests.subarray(0, 32),
      ...digests.subarray(64),
    ])
    for (const other of [
      changed,
      swapped,
      digests.subarray(0, 64),
      new Uint8Array([...digests, ...changed]),
    ]) {
      expect(() => readBatch(jws, other, sha256)).toThrow()
    }
  })

  const hostile: [string, (jws: string) => string][] = [
    ['another algorithm', (jws) => edited(jws, 0, (json) => json.replace('Ed25519', 'none'))],
    ['an embedded key', (jws) => edited(jws, 0, (json) => json.replace('{', '{"jwk":{},'))],
    ['another typ', (jws) => edited(jws, 0, (json) => json.replace('grantlog-batch+jws', 'JWT'))],
    [
      'a payload out of order',
      (jws) =>
        edited(jws, 1, (json) =>
          json.replace('{"aud":"default",', '{').replace('}', ',"aud":"default"}'),
        ),
    ],
    ['a member twice', (jws) => edited(jws, 1, (json) => json.replace('"n":3', '"n":3,"n":3'))],
    [
      'a negative number',
      (jws) => edited(jws, 1, (json) => json.replace('"firstSeq":10', '"firstSeq":-1')),
    ],
    [
      'a number beyond 2^53',
      (jws) =>
        edited(jws, 1, (json) => json.replace('"firstSeq":10', '"firstSeq":9007199254740993')),
    ],
    [
      'a short instance',
      (jws) => edited(jws, 1, (json) => json.replace('AAECAwQFBgcICQoLDA0ODw', 'AAEC')),
    ],
    ['four parts', (jws) => `${jws}.AAAA`],
    ['padding', (jws) => `${jws}=`],
    ['no signature', (jws) => jws.split('.').slice(0, 2).join('.') + '.'],
    ['too long a text', (jws) => jws + 'A'.repeat(5000)],
  ]
  test.each(hostile)('does not read with %s', (_what, change) => {
    const { jws, digests } = signed(3)
    expect(() => readBatch(change(jws), digests, sha256)).toThrow(
      expect.objectContaining({ code: 'BATCH_MALFORMED' }),
    )
  })
})

test('a statement in plain form is read as any other: each character of it changed', () => {
  const { jws, digests } = signed(3)
  const outcome = (text: string): unknown => {
    try {
      const { aud: _, ...statement } = readBatch(
        edited(jws, 1, () => text),
        digests,
        sha256,
      ).statement
      return statement
    } catch (error) {
      return (error as Error).message
    }
  }
  const plain = Buffer.from(jws.split('.')[1]!, 'base64url').toString()
  const outcomes = new Set<unknown>()
  for (let at = plain.indexOf('"c14n"'); at <= plain.length; at++) {
    for (const put of [
      '',
      '0',
      '1',
      '1000000000000000',
      '9',
      'A',
      'B',
      '-',
      '"',
      '\\',
      ' ',
      '}',
      'é',
    ]) {
      for (const skip of [0, 1]) {
        const text = plain.slice(0, at) + put + plain.slice(at + skip)
        // An `aud` that is not ASCII is read by way of JSON.
        const found = outcome(text)
        const asJson = outcome(text.replace('default', 'défaut'))
        if (JSON.stringify(found) !== JSON.stringify(asJson)) expect([text, found]).toEqual(asJson)
        outcomes.add(typeof found === 'object' ? 'read' : found)
      }
    }
  }
  expect(outcomes.size).toBeGreaterThan(5)
  expect(outcomes).toContain('read')
})

test('the batch root is RFC 9162: compared with its recursive definition', () => {
  const recursive = (leaves: Uint8Array[]): Uint8Array => {
    if (leaves.length === 1) return sha256(new Uint8Array([0, ...leaves[0]!]))
    let split = 1
    while (split * 2 < leaves.length) split *= 2
    return sha256(
      new Uint8Array([1, ...recursive(leaves.slice(0, split)), ...recursive(leaves.slice(split))]),
    )
  }
  for (let n = 1; n <= 70; n++) {
    const digests = digestsOf(n)
    expect(Buffer.from(batchRoot(Buffer.concat(digests), sha256)).equals(recursive(digests))).toBe(
      true,
    )
  }
})
