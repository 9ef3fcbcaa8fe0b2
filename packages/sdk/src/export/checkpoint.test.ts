import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  ed25519Signer,
  formatVkey,
  leafHash,
  nodeHash,
  type NoteVerifier,
  signCheckpoint,
} from '@grantlog/tlog'
import { sha256 } from '../sha256.ts'
import { createCheckpointKeeper } from './checkpoint.ts'
import { noteVerifier } from './ed25519.ts'
import { seenFile } from './io/seen.ts'
import type { SeenStore } from './seen.ts'

const origin = 'test.example/log'
const log = keyOf(origin)

function keyOf(name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
  const signer = ed25519Signer(
    { name, publicKey: raw, sign: (data) => sign(null, data, privateKey) },
    sha256,
  )
  return { signer, verifier: noteVerifier(formatVkey({ name, type: 1, publicKey: raw }, sha256)) }
}

// The trees of one and two leaves; the proof between them is the second leaf's hash.
const [a, b] = [leafHash(sha256, Buffer.from('a')), leafHash(sha256, Buffer.from('b'))]
const one = { size: 1, root: a }
const two = { size: 2, root: nodeHash(sha256, a, b) }

function note(
  checkpoint: { size: number; root: Uint8Array },
  { signer } = log,
  name = origin,
): string {
  return Buffer.from(signCheckpoint({ origin: name, ...checkpoint }, [signer])).toString('base64')
}

function root(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

describe('the last seen checkpoint', () => {
  let store: SeenStore
  let forks: number
  let notices: string[]
  let details: string[]
  let nowMs: number
  let asked: [number, number][]
  let proof: () => Promise<Uint8Array[]>
  let verified = 0
  const verify: NoteVerifier['verify'] = (text, signature) => {
    verified++
    return log.verifier.verify(text, signature)
  }

  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grantlog-seen-'))
    folders.push(folder)
    store = seenFile(folder, origin)
    forks = nowMs = 0
    notices = []
    details = []
    asked = []
    proof = () => Promise.resolve([b])
  })

  function keeper() {
    return createCheckpointKeeper({
      log: { origin, verifier: { ...log.verifier, verify } },
      store,
      fetchProof: (from, to) => {
        asked.push([from, to])
        return proof()
      },
      onFork: () => void forks++,
      notify: (code, detail) => {
        notices.push(code)
        details.push(detail ?? '')
      },
      nowMs: () => nowMs,
    })
  }

  test('one of an empty log is not kept, the first real one is', async () => {
    const first = keeper()
    await first.observe(note({ size: 0, root: sha256(new Uint8Array(0)) }))
    expect(first.last()).toBeNull()
    await first.observe(note(one))
    expect(first.last()).toBe(`${origin} 1 ${root(a)}`)
    expect(asked).toEqual([])
  })

  test('the first is believed and kept for the next process, without leftovers', async () => {
    const first = keeper()
    expect(first.last()).toBeNull()
    await first.observe(note(one))
    expect(first.last()).toBe(`${origin} 1 ${root(a)}`)
    expect(Buffer.from(store.load()!).toString('base64')).toBe(note(one))
    const names = await readdir(join(folders.at(-1)!, 'seen'))
    expect(names).toEqual([expect.stringMatching(/^[\w-]{43}$/)])
    const second = keeper()
    await second.observe(note(one))
    expect(second.last()).toBe(first.last())
  })

  test('a larger one replaces it once it is proven to extend it', async () => {
    const keep = keeper()
    await keep.observe(note(one))
    await keep.observe(note(two))
    expect(asked).toEqual([[1, 2]])
    expect(keep.last()).toBe(`${origin} 2 ${root(two.root)}`)
    expect([forks, notices]).toEqual([0, []])
  })

  test('a proof is asked for at most once a minute', async () => {
    const keep = keeper()
    await keep.observe(note(one))
    proof = () => Promise.reject(new Error('HTTP 404'))
    await keep.observe(note(two))
    nowMs = 59_999
    await keep.observe(note(two))
    expect(asked).toHaveLength(1)
    expect(forks).toBe(0)
    nowMs = 60_000
    proof = () => Promise.resolve([b])
    await keep.observe(note(two))
    expect(asked).toHaveLength(2)
    expect(keep.last()).toContain(' 2 ')
  })

  test('is not verified where nothing would be asked about it, and a fork is', async () => {
    const keep = keeper()
    await keep.observe(note(one))
    await keep.observe(note(two))
    verified = 0
    nowMs = 59_999
    await keep.observe(note({ size: 3, root: b }))
    expect(verified).toBe(0)
    await keep.observe(note({ size: 2, root: b }))
    expect([verified, forks]).toEqual([1, 1])
    // A forged one takes nobody's turn.
    nowMs = 60_000
    proof = () => Promise.reject(new Error('HTTP 404'))
    await keep.observe(note({ size: 3, root: b }, keyOf(origin)))
    expect(asked).toHaveLength(1)
    await keep.observe(note({ size: 3, root: b }))
    expect(asked).toHaveLength(2)
  })

  test('another one of the same size is a fork: told, and the seen one is kept', async () => {
    const keep = keeper()
    await keep.observe(note(one))
    await keep.observe(note({ size: 1, root: b }))
    expect([forks, notices]).toEqual([1, ['LEDGER_FORK']])
    expect(keep.last()).toBe(`${origin} 1 ${root(a)}`)
    expect(Buffer.from(store.load()!).toString('base64')).toBe(note(one))
  })

  test('a fork is recorded once, however many contradictions follow', async () => {
    const keep = keeper()
    await keep.observe(note(one))
    // Each record of a fork makes the log grow, so its next checkpoint is another one.
    for (let i = 0; i < 300; i++) {
      await keep.observe(note({ size: 1, root: sha256(Buffer.from(`${i}`)) }))
      keep.observeReceipt(0, 1)
    }
    expect(forks).toBe(1)
    // A later checkpoint may be contradicted anew, but not within the hour.
    await keep.observe(note(two))
    await keep.observe(note({ size: 2, root: b }))
    expect([keep.size(), forks]).toEqual([2, 1])
    nowMs = 3_600_000
    await keep.observe(note({ size: 2, root: b }))
    await keep.observe(note({ size: 2, root: a }))
    expect(forks).toBe(2)
  })

  test('an old one sent again accuses nobody and replaces nothing', async () => {
    const keep = keeper()
    await keep.observe(note(one))
    await keep.observe(note(two))
    for (let i = 0; i < 5; i++) {
      nowMs += 60_000
      await keep.observe(note(one))
    }
    expect(asked).toEqual(Array.from({ length: 6 }, () => [1, 2]))
    expect([forks, notices, keep.size()]).toEqual([0, [], 2])
  })

  test.each<[string, () => Promise<Uint8Array[]>, string[]]>([
    ['garbage', () => Promise.resolve([]), ['LEDGER_UNPROVEN']],
    ['of another tree', () => Promise.resolve([a]), ['LEDGER_UNPROVEN']],
    ['never there', () => Promise.reject(new Error('HTTP 404')), []],
  ])('a proof that is %s accuses nobody; after three tries it is told', async (...given) => {
    const [, spoiled, each] = given
    const keep = keeper()
    await keep.observe(note(one))
    proof = spoiled
    for (let tries = 1; tries <= 3; tries++) {
      expect(notices).not.toContain('LEDGER_UNPROVABLE')
      await keep.observe(note(two))
      nowMs += 60_000
    }
    expect(notices).toEqual([...each, ...each, ...each, 'LEDGER_UNPROVABLE'])
    expect([forks, keep.size()]).toEqual([0, 1])
    proof = () => Promise.resolve([b])
    await keep.observe(note(two))
    expect([forks, keep.size()]).toEqual([0, 2])
  })

  test('a new record where the log already was is a fork: the log went back', async () => {
    const keep = keeper()
    await keep.observe(note(two))
    keep.observeReceipt(2, 2)
    expect(forks).toBe(0)
    keep.observeReceipt(1, 2)
    expect([forks, notices]).toEqual([1, ['LEDGER_FORK']])
  })

  test('one under a former key, or half of one, is kept under another name', async () => {
    const former = Buffer.from(note(two, keyOf(origin)), 'base64')
    await store.save(former)
    const keep = keeper()
    expect(notices).toEqual(['STATE_SET_ASIDE'])
    await keep.observe(note(one))
    expect([keep.size(), forks]).toEqual([1, 0])
    expect(await readFile(details[0]!)).toEqual(former)
    expect(Buffer.from(store.load()!).toString('base64')).toBe(note(one))
  })

  test('one that cannot be read is not overwritten', async () => {
    await store.save(Buffer.from('evidence'))
    const { load } = store
    store = {
      ...store,
      load: () => {
        throw new Error('EACCES')
      },
    }
    await keeper().observe(note(one))
    expect(notices).toEqual(['STATE_UNWRITABLE'])
    expect(Buffer.from(load()!).toString()).toBe('evidence')
  })

  test.each<[string, () => string]>([
    ['of another key', () => note(two, keyOf(origin))],
    ['of another origin', () => note(two, keyOf('other.example/log'), 'other.example/log')],
    ['of another origin under the right key', () => note(two, log, 'other.example/log')],
    ['that is no note', () => 'AAAA'],
  ])('one %s is ignored', async (_, next) => {
    const keep = keeper()
    await keep.observe(note(one))
    await keep.observe(next())
    expect(keep.last()).toContain(' 1 ')
    expect([forks, notices, asked]).toEqual([0, [], []])
  })

  test('answers that come while another is still being looked at do not overtake it', async () => {
    const keep = keeper()
    await Promise.all([keep.observe(note(one)), keep.observe(note(two))])
    expect(keep.last()).toContain(' 2 ')
    expect([forks, notices]).toEqual([0, []])
  })

  test('what another process of the service saw meanwhile is not replaced by less', async () => {
    const keep = keeper()
    await store.save(Buffer.from(note(two), 'base64'))
    await keep.observe(note(one))
    expect(Buffer.from(store.load()!).toString('base64')).toBe(note(two))
    expect([keep.last(), forks]).toEqual([`${origin} 1 ${root(a)}`, 0])
  })

  test('a folder that cannot be written is told, and memory is used', async () => {
    store = seenFile('/dev/null/nowhere', origin)
    const keep = keeper()
    await keep.observe(note(one))
    expect(notices).toContain('STATE_UNWRITABLE')
    expect(keep.last()).toContain(' 1 ')
  })
})
