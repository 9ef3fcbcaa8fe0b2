import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { person, spanOf, testProducer } from '../../test/producer.ts'
import { foldersUnder } from '../folders.ts'
import { encodeEnrolment, type Enrolment } from '../format/enrolment.ts'
import { createLedger, openLedger } from '../open.ts'
import { openReader } from '../reader.ts'
import { type Bundle, checkBundle, makeBundle, prover } from './bundle.ts'

let data: string
let logKey: string
let bundle: Bundle

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-bundle-'))
  const folders = foldersUnder(data)
  logKey = (await createLedger(folders, 'bundle.example/log')).logKey
  const ledger = await openLedger(folders)
  const producer = testProducer()
  await ledger.commitContent({
    type: 'key',
    id: producer.kid,
    content: encodeEnrolment(producer.enrolment),
  })
  const spans = [0, 1, 2].map((seq) => spanOf({ seq, attributes: person('alice') }))
  await ledger.commit(producer.batch(spans))
  await ledger.close()
  const reader = await openReader(folders)
  bundle = await makeBundle(reader, { index: 3 }, { disclose: ['user'] })
  await reader.close()
})
afterAll(() => rm(data, { recursive: true, force: true }))

test('a bundle proves its record, and discloses what it should and no more', () => {
  expect(checkBundle(bundle, { logKey })).toMatchObject({ index: 3, origin: 'bundle.example/log' })
  expect(Object.keys(bundle.openings)).toEqual(['user'])
  expect(bundle.openings.user).toContain('alice')
  expect(bundle.canonical).not.toContain('alice')
})

test('only what comes after a record, and is the last of its key, marks it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grantlog-bundle-'))
  const folders = foldersUnder(folder)
  const { logKey: key } = await createLedger(folders, 'marked.example/log')
  const ledger = await openLedger(folders)
  const producer = testProducer()
  const enrol = (change: Partial<Enrolment>) => {
    const content = encodeEnrolment({ ...producer.enrolment, ...change })
    return ledger.commitContent({ type: 'key', id: producer.kid, content })
  }
  const revoked = { revoked: 'key_compromise', since: 1 } as const
  await enrol(revoked)
  await enrol({})
  await ledger.commit(producer.batch([spanOf({ seq: 0 })]))
  await enrol(revoked)
  await ledger.close()
  const reader = await openReader(folders)
  const marked = await makeBundle(reader, { index: 4 })
  expect(checkBundle(marked, { logKey: key }).compromisedSince).toBe(1)
  const prove = await prover(reader)
  for await (const { entries } of reader.frames(0)) {
    for (const { entry, index, leaf } of entries) {
      if (leaf.type !== 'key' || index === marked.revocationIndex) continue
      const earlier = {
        revocationIndex: index,
        revocationLeaf: new TextDecoder().decode(entry),
        revocationProof: await prove.at(index),
      }
      expect(() => checkBundle({ ...marked, ...earlier }, { logKey: key })).toThrow('revocation')
    }
  }
  await reader.close()
  await rm(folder, { recursive: true, force: true })
})

test('it survives JSON', () => {
  expect(checkBundle(JSON.parse(JSON.stringify(bundle)) as Bundle, { logKey }).index).toBe(3)
})

describe('a bundle with any part changed does not hold', () => {
  const parts: [string, (bundle: Bundle) => Partial<Bundle>][] = [
    ['canonical', ({ canonical }) => ({ canonical: canonical.replace('"web"', '"wob"') })],
    [
      'an opening',
      ({ openings }) => ({ openings: { user: openings.user!.replace('alice', 'mallory') } }),
    ],
    ['an opening of another slot', ({ openings }) => ({ openings: { network: openings.user! } })],
    ['the JWS', ({ jws }) => ({ jws: `${jws.slice(0, -4)}AAAA` })],
    [
      'the digests',
      ({ digests }) => ({ digests: `${digests.startsWith('A') ? 'B' : 'A'}${digests.slice(1)}` }),
    ],
    [
      'the enrolment',
      ({ enrolment }) => ({ enrolment: enrolment.replace('"login"', '"billing"') }),
    ],
    ['the index', ({ index }) => ({ index: index + 1 })],
    ['the leaf', ({ leaf }) => ({ leaf: leaf.replace('"seq":', '"seq":1') })],
    ['the proof', ({ proof }) => ({ proof: proof.replace('index 3', 'index 2') })],
    ['the key leaf', ({ leaf }) => ({ keyLeaf: leaf })],
    ['the key proof', ({ proof }) => ({ keyProof: proof })],
  ]
  test.each(parts)('%s', (_what, change) => {
    const changed = { ...bundle, ...change(bundle) }
    expect(() => checkBundle(changed, { logKey })).toThrow()
  })

  const misshapen: [string, object][] = [
    ['another format', { format: 'grantlog-bundle-v2' }],
    ['a member more', { extra: 1 }],
    ['no openings', { openings: null }],
    ['openings that are a list', { openings: [] }],
    ['a number for a text', { leaf: 5 }],
    ['a text for a number', { index: '3' }],
    ['a lone surrogate', { canonical: '\ud800' }],
    ['digests that are missing', { digests: undefined }],
  ]
  test.each(misshapen)('nor with %s', (_what, change) => {
    const changed = { ...bundle, ...change } as Bundle
    expect(() => checkBundle(changed, { logKey })).toThrow(
      expect.objectContaining({ code: 'LEDGER_FORMAT' }),
    )
  })

  test('nor under another log’s key', async () => {
    const other = await mkdtemp(join(tmpdir(), 'grantlog-other-'))
    const keys = await createLedger(foldersUnder(other), 'bundle.example/log')
    expect(() => checkBundle(bundle, { logKey: keys.logKey })).toThrow()
    await rm(other, { recursive: true })
  })
})
