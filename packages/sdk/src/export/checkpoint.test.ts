import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ed25519Signer, formatVkey, leafHash, nodeHash, signCheckpoint } from '@grantlog/tlog'
import { sha256 } from '../sha256.ts'
import { createCheckpointKeeper, type SeenStore } from './checkpoint.ts'
import { noteVerifier } from './ed25519.ts'
import { seenFile } from './io/seen.ts'

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
  let nowMs: number
  let asked: [number, number][]
  let proof: () => Promise<Uint8Array[]>

  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grantlog-seen-'))
    folders.push(folder)
    store = seenFile(folder, origin)
    forks = nowMs = 0
    notices = []
    asked = []
    proof = () => Promise.resolve([b])
  })

  function keeper() {
    return createCheckpointKeeper({
      log: { origin, verifier: log.verifier },
      store,
      fetchProof: (from, to) => {
        asked.push([from, to])
        return proof()
      },
      onFork: () => void forks++,
      notify: (code) => void notices.push(code),
      nowMs: () => nowMs,
    })
  }

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

  test.each<[string, () => string]>([
    ['a larger one that does not extend it', () => note({ size: 2, root: a })],
    ['another one of the same size', () => note({ size: 1, root: b })],
    ['a smaller one', () => note({ size: 0, root: sha256(new Uint8Array()) })],
  ])('%s is a fork: told loudly, and the seen one is kept', async (_, next) => {
    const keep = keeper()
    await keep.observe(note(one))
    await keep.observe(next())
    expect([forks, notices]).toEqual([1, ['LEDGER_FORK']])
    expect(keep.last()).toBe(`${origin} 1 ${root(a)}`)
    expect(Buffer.from(store.load()!).toString('base64')).toBe(note(one))
    await keep.observe(next())
    expect(forks).toBe(1)
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
