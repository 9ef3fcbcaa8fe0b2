import { beforeAll, describe, expect, test } from '@jest/globals'
import { type Bundle, checkBundle, ed25519Verify, sha256 } from '@grantlog/ledger'
import { bundlesOf } from '../../../test/bundles.ts'
import { damaged, seeded } from '../../../test/damage.ts'
import { proofOf } from './check.ts'
import { browserCrypto, type Crypto } from './crypto.ts'
import { parseBundle } from './form.ts'
import type { StepId } from './step.ts'

/** Node's, for thousands of bundles; the page's own is held against it in crypto.test.ts. */
const quick: Crypto = {
  sha256,
  verify: (key, data, signature) => signature.length === 64 && ed25519Verify(key, data, signature),
}

let bundle: Bundle
let others: readonly Bundle[]
let logKey: string

beforeAll(async () => {
  const made = await bundlesOf([7, 40])
  logKey = made.logKey
  bundle = made.bundles[2]!
  others = made.bundles
})

const given = () => ({ key: logKey, kind: 'given', since: '' }) as const

function failuresOf(value: unknown): StepId[] {
  const { steps } = proofOf(value, { crypto: quick, trust: given() })
  return steps.filter(({ state }) => state === 'failed').map(({ id }) => id)
}

test('a sound bundle passes every step, by the crypto of the page', () => {
  for (const one of [bundle, others.at(-1)!]) {
    const { steps, verdict } = proofOf(one, { crypto: browserCrypto, trust: given() })
    expect(steps.filter(({ state }) => state !== 'passed')).toEqual([])
    expect(verdict).toBe('proved')
  }
})

describe('of a key that was declared compromised', () => {
  let suspect: Bundle
  let key: string
  beforeAll(async () => {
    const made = await bundlesOf([3], 5)
    ;[suspect, key] = [made.bundles[1]!, made.logKey]
  })
  const stepsOf = (one: unknown) =>
    proofOf(one, { crypto: quick, trust: { ...given(), key } }).steps
  const both = (one: Bundle): [boolean, StepId[]] => {
    const failures = stepsOf(one).filter(({ state }) => state === 'failed')
    return [isSound(one), failures.map(({ id }) => id)]
  }
  const isSound = (one: Bundle): boolean => {
    try {
      return checkBundle(one, { logKey: key }).compromisedSince === 5
    } catch {
      return false
    }
  }

  test('a bundle is proved, and says since when', () => {
    expect(both(suspect)).toEqual([true, []])
    const step = stepsOf(suspect).find(({ id }) => id === 'enrolment')
    expect(step?.why).toContain('declared compromised from 1970-01-01T00:00:05.000Z')
  })

  test.each<[string, (bundle: Bundle) => Partial<Bundle>, StepId]>([
    [
      'another time',
      ({ revocation }) => ({ revocation: revocation!.replace('"since":5', '"since":6') }),
      'enrolment',
    ],
    [
      'another place',
      ({ revocationIndex }) => ({ revocationIndex: revocationIndex! + 1 }),
      'enrolment',
    ],
    ['the enrolment', ({ enrolment }) => ({ revocation: enrolment }), 'enrolment'],
    [
      'the leaf of the enrolment',
      ({ enrolment, keyIndex, keyLeaf, keyProof }) => ({
        ...{ revocation: enrolment, revocationIndex: keyIndex },
        ...{ revocationLeaf: keyLeaf, revocationProof: keyProof },
      }),
      'enrolment',
    ],
    ['the proof of the record', ({ proof }) => ({ revocationProof: proof }), 'enrolment'],
    ['no text', () => ({ revocationLeaf: 1 as unknown as string }), 'form'],
  ])('one that has %s instead does not hold', (_what, change, step) => {
    expect(both({ ...suspect, ...change(suspect) })).toEqual([false, [step]])
  })

  test('one with a part of it alone is none', () => {
    const { revocationProof: _, ...less } = suspect
    const { revocation: __, ...rest } = suspect
    for (const one of [less, rest]) expect(both(one)).toEqual([false, ['form']])
  })
})

test('the path leads from the leaf to the root, hash by hash', () => {
  const { steps } = proofOf(bundle, { crypto: quick, trust: null })
  const [path] = steps.find(({ id }) => id === 'inclusion')!.paths
  expect(path!.levels.length).toBeGreaterThan(2)
  expect(path!.levels.at(-1)!.hash).toBe(path!.root)
})

test('disclosed and withheld slots are told apart', () => {
  const { steps } = proofOf(bundle, { crypto: quick, trust: null })
  const { inputs } = steps.find(({ id }) => id === 'slots')!
  expect(inputs.map(({ mark }) => mark)).toEqual(['fits', 'closed', 'closed'])
})

describe('the key of the log', () => {
  const verdictWith = (trust: Parameters<typeof proofOf>[1]['trust']) => {
    return proofOf(bundle, { crypto: quick, trust }).verdict
  }
  const otherKey = 'proof.example/log+8f2f5cb7+AQ7JkZkmVE4Ta1RlL2nLmJMWOBqZrQ0CdN2eBzVvVZ2L'

  test('without any other, it is self-consistent only', () => {
    expect(verdictWith(null)).toBe('self-consistent')
  })
  test('the one that was seen first proves it; another breaks it', () => {
    expect(verdictWith({ key: logKey, kind: 'seen', since: '' })).toBe('proved')
    expect(verdictWith({ key: otherKey, kind: 'seen', since: '' })).toBe('broken')
  })
  test('one that was given is used in place of the one that came along', () => {
    expect(verdictWith({ key: otherKey, kind: 'given', since: '' })).toBe('broken')
    const alien = { ...bundle, logKey: 'nonsense' }
    expect(proofOf(alien, { crypto: quick, trust: given() }).verdict).toBe('proved')
  })
})

describe('what the page shows', () => {
  const attributes = (): { name: string; value: string }[] => {
    const json = JSON.parse(bundle.canonical) as {
      attributes: Record<string, { stringValue?: string; intValue?: string }>
    }
    return Object.entries(json.attributes).map(([name, tagged]) => {
      return { name, value: String(Object.values(tagged)[0]) }
    })
  }
  const stateOf = (shown: { index: number; attributes: { name: string; value: string }[] }) => {
    const { steps } = proofOf(bundle, { crypto: quick, trust: null, shown })
    return steps.find(({ id }) => id === 'shown')!.state
  }

  test('is the record, or the step fails', () => {
    const { index } = bundle
    expect(stateOf({ index, attributes: attributes() })).toBe('passed')
    expect(stateOf({ index: index + 1, attributes: attributes() })).toBe('failed')
    expect(stateOf({ index, attributes: attributes().slice(1) })).toBe('failed')
    const changed = attributes().map((one) => ({ ...one, value: `${one.value}!` }))
    expect(stateOf({ index, attributes: changed })).toBe('failed')
    const user = { name: 'user.id', value: 'mallory' }
    expect(stateOf({ index, attributes: [...attributes(), user] })).toBe('failed')
  })
})

describe('a change is found by the step that it concerns', () => {
  const changes: [string, StepId, (bundle: Bundle) => Partial<Bundle>][] = [
    ['the record', 'digest', (one) => ({ canonical: one.canonical.replace('"web"', '"wob"') })],
    ['white space in it', 'digest', (one) => ({ canonical: ` ${one.canonical}` })],
    [
      'an opening',
      'slots',
      (one) => ({ openings: { user: one.openings.user!.replace('alice', 'bob') } }),
    ],
    ['the slot of an opening', 'slots', (one) => ({ openings: { network: one.openings.user! } })],
    ['a slot of no record', 'slots', (one) => ({ openings: { hat: one.openings.user! } })],
    ['the digests', 'batch', (one) => ({ digests: `${flip(one.digests)}` })],
    ['fewer digests', 'batch', (one) => ({ digests: one.digests.slice(43) })],
    ['no base64url', 'batch', (one) => ({ digests: `${one.digests.slice(0, -1)}+` })],
    ['the signature', 'signature', (one) => ({ jws: `${one.jws.slice(0, -4)}AAAA` })],
    ['the header', 'signature', (one) => ({ jws: `${flip(one.jws)}` })],
    ['no JWS', 'signature', () => ({ jws: '..' })],
    ['the batch', 'batch', () => ({ jws: others.at(-1)!.jws, digests: others.at(-1)!.digests })],
    [
      'the service of the key',
      'enrolment',
      (one) => ({ enrolment: one.enrolment.replace('"login"', '"other"') }),
    ],
    ['another key', 'enrolment', () => ({ enrolment: others.at(-1)!.enrolment })],
    ['the place', 'inclusion', (one) => ({ index: one.index + 1 })],
    ['the leaf', 'inclusion', (one) => ({ leaf: one.leaf.replace('"v":1', '"v":2') })],
    [
      'the place in the proof',
      'inclusion',
      (one) => ({ proof: one.proof.replace(/index \d+/, 'index 1') }),
    ],
    ['a hash of the proof', 'inclusion', (one) => ({ proof: swapLines(one.proof) })],
    ['no proof', 'inclusion', () => ({ proof: 'c2sp.org/tlog-proof@v1\nindex 3\n\n' })],
    ['the place of the key', 'keyInclusion', (one) => ({ keyIndex: one.keyIndex + 1 })],
    ['the leaf of the key', 'enrolment', (one) => ({ keyLeaf: one.leaf })],
    ['the proof of the key', 'keyInclusion', (one) => ({ keyProof: one.proof })],
    ['a key enrolled later', 'enrolment', (one) => ({ keyIndex: one.index })],
    [
      'the signature of the checkpoint',
      'checkpoint',
      (one) => ({ proof: one.proof.replace(/.{6}\n$/, 'AAAAAA\n') }),
    ],
    [
      'the root of the checkpoint',
      'checkpoint',
      (one) => ({ proof: one.proof.replace(/\n.{43}=\n\n—/, `\n${'A'.repeat(43)}=\n\n—`) }),
    ],
  ]
  test.each(changes)('%s: %s', (_what, step, change) => {
    const changed = { ...bundle, ...change(bundle) }
    expect(failuresOf(changed)).toContain(step)
    expect(() => checkBundle(changed, { logKey })).toThrow()
  })

  const misshapen: [string, unknown][] = [
    ['null', null],
    ['a list', []],
    ['a text', 'bundle'],
    ['nothing in it', {}],
  ]
  test.each(misshapen)('what is no bundle: %s', (_what, value) => {
    expect(failuresOf(value)).toEqual(['form'])
  })
  const members: [string, object][] = [
    ['another format', { format: 'grantlog-bundle-v2' }],
    ['a member more', { extra: 1 }],
    ['no openings', { openings: null }],
    ['a number for an opening', { openings: { user: 1 } }],
    ['too many openings', { openings: Object.fromEntries(Array.from('abcdefghijklmnopqr', pair)) }],
    ['a number for a text', { leaf: 5 }],
    ['a text for a number', { index: '3' }],
    ['a lone surrogate', { canonical: '\ud800' }],
    ['a text that is too long', { jws: 'a'.repeat(300_000) }],
  ]
  test.each(members)('%s', (_what, change) => {
    expect(failuresOf({ ...bundle, ...change })).toEqual(['form'])
  })
})

test('nesting without end is a failed step, not a crash', () => {
  const deep = '['.repeat(100_000)
  for (const name of ['canonical', 'leaf', 'keyLeaf', 'enrolment']) {
    expect(failuresOf({ ...bundle, [name]: deep })).not.toEqual([])
  }
})

test('a text is a bundle, or says why not', () => {
  expect(parseBundle(JSON.stringify(bundle))).toEqual({ ok: true, value: bundle })
  expect(parseBundle('{').ok).toBe(false)
  expect(parseBundle(' '.repeat(5_000_000)).ok).toBe(false)
})

test('the verdict is that of the ledger, on bundles with all kinds of damage', () => {
  const random = seeded(4711)
  let sound = 0
  for (let round = 0; round < 3_000; round++) {
    const bad = damagedOf(random)
    const { verdict } = proofOf(bad, { crypto: quick, trust: given() })
    let reference = 'proved'
    try {
      checkBundle(bad, { logKey })
    } catch {
      reference = 'broken'
    }
    expect({ round, bad, verdict }).toEqual({ round, bad, verdict: reference })
    sound += Number(verdict === 'proved')
  }
  // Some changes are none, such as another `logKey` where one was given.
  expect(sound).toBeGreaterThan(50)
  expect(sound).toBeLessThan(1_000)
})

const texts = [
  ...['canonical', 'jws', 'digests', 'enrolment', 'leaf', 'proof', 'keyLeaf', 'keyProof'],
  'logKey',
] as (keyof Required<Bundle>)[]

function damagedOf(random: () => number): Bundle {
  const pick = (): Bundle => others[Math.floor(random() * others.length)]!
  const [of, other] = [pick(), pick()]
  const { user } = of.openings
  const openings = [{}, other.openings, { user: `${user} ` }, { actor: user }, { x: '{}' }]
  return damaged(of, { other, texts, openings, random, counts: ['index', 'keyIndex'] })
}

function flip(text: string): string {
  return `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`
}

function swapLines(proof: string): string {
  const lines = proof.split('\n')
  return lines.with(2, lines[3]!).with(3, lines[2]!).join('\n')
}

function pair(letter: string): [string, string] {
  return [letter, '{}']
}
