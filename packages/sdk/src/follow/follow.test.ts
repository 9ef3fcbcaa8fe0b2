// Guarantee: a policy comes into force only when the pinned receipt key signed it for this question
// of this producer; whatever else is answered, or nothing, the one before stays, and nobody waits.
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  builtInPolicy,
  type ProducerAnswer,
  readPolicy,
  readProducerProof,
  signProducerAnswer,
} from '@grantlog/record'
import { noteKey } from '../../test/fixtures/sink.ts'
import { createHttpClient } from '../export/io/http.ts'
import { noteVerifier } from '../export/ed25519.ts'
import { createPolicyInForce } from '../policy-in-force.ts'
import { sha256 } from '../sha256.ts'
import { keptPolicy, type Trust } from './answer.ts'
import { createAsk, followPolicy, type FollowOptions, type Got } from './follow.ts'
import { keptAnswer } from './io/kept.ts'

const origin = 'test.example/log'
const receipts = noteKey(`${origin}/receipt`)
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const trust: Trust = { verifier: noteVerifier(receipts.vkey), origin, kid: 'k' }
const nowS = 1_790_000_000
const document = { format: 'grantlog-policy-v1', routes: [{ route: '/a' }], roleClaims: ['/r'] }
const { hash } = readPolicy(JSON.stringify(document), sha256)
const builtIn = builtInPolicy(sha256)

interface Change extends Partial<ProducerAnswer> {
  readonly signer?: typeof receipts.signer
}

function answerTo(proof: string, { signer = receipts.signer, ...change }: Change = {}): string {
  const { said } = readProducerProof(proof)
  const answer = {
    ...{ audience: 'default', iat: nowS, iss: origin, nonce: said.jti, policy: document },
    ...{ sub: 'k', validUntil: 0, ...change },
  }
  return signProducerAnswer(answer, { kid: signer.name, sign: signer.sign })
}

/** One question after the other, to who answers so. */
function asking(answer: (proof: string, known?: string) => Partial<Got>, isLocal = false) {
  const saved: string[] = []
  const notices: string[] = []
  const told: object[] = []
  const policy = createPolicyInForce(builtIn)
  const options: FollowOptions = {
    trust,
    sign: (data) => sign(null, data, privateKey),
    get: async (_path, { 'grantlog-proof': proof = '', 'if-none-match': known }) => ({
      ...{ status: 200, headers: {}, body: new Uint8Array() },
      ...answer(proof, known),
    }),
    kept: { save: async (jws) => void saved.push(jws) },
    policy,
    onLimits: (limits) => void told.push(limits),
    isLocal,
    notify: (code, detail) => void notices.push(`${code} ${detail}`),
    nowMs: () => nowS * 1000,
  }
  return { ask: createAsk(options), options, policy, notices, saved, told }
}

const body = (text: string): Uint8Array => Buffer.from(text)

test('the policy that the receiver tells is in force, kept, and not asked for again', async () => {
  const asked: (string | undefined)[] = []
  const { ask, notices, policy, saved } = asking((proof, known) => {
    asked.push(known)
    const { kid, said, signature, signingInput } = readProducerProof(proof)
    expect([kid, said.aud, said.iat]).toEqual(['k', origin, nowS])
    expect(verify(null, signingInput, publicKey, signature)).toBe(true)
    if (known === '"1"') return { status: 304 }
    return { headers: { etag: '"1"' }, body: body(answerTo(proof)) }
  })
  const claims = policy.roleClaims
  await ask()
  await ask()
  expect(policy.now.hash).toBe(hash)
  // Hooks have the array of the start.
  expect(claims).toEqual([['r']])
  expect(notices).toEqual([`POLICY_CHANGED ${hash}`])
  expect(asked).toEqual([undefined, '"1"'])
  expect(saved).toHaveLength(1)
  expect(keptPolicy(saved[0]!, trust)?.hash).toBe(hash)
})

test('limits are taken as they are told, and an older receiver tells none', async () => {
  const limits = { batchesPerRequest: 4, bytesPerRequest: 1000 }
  const { ask, told } = asking((proof) => ({ body: body(answerTo(proof, { limits })) }))
  await ask()
  expect(told).toEqual([limits])
  const older = asking((proof) => ({ body: body(answerTo(proof)) }))
  await older.ask()
  expect(older.told).toEqual([])
})

test('the file that GRANTLOG_POLICY names stays in force, and that is told', async () => {
  const { ask, notices, policy } = asking((proof) => ({ body: body(answerTo(proof)) }), true)
  await ask()
  expect(policy.now).toBe(builtIn)
  expect(notices).toEqual([`POLICY_LOCAL ${hash}`])
})

describe('nothing changes for', () => {
  const before = answerTo
  const old = { nonce: 'AAAAAAAAAAAAAAAAAAAAAA' }
  const otherKey = noteKey(`${origin}/receipt`).signer
  const newer = { ...document, format: 'grantlog-policy-v3' }
  const more = { format: 'grantlog-policy-v2', privileged: { export: { cellsMax: 1 } } }
  test.each<[string, (proof: string) => Partial<Got>, RegExp | null]>([
    ['another key', (proof) => ({ body: body(before(proof, { signer: otherKey })) }), /UNTOLD/],
    ['an answer to another question', (proof) => ({ body: body(before(proof, old)) }), /UNTOLD/],
    ['one to another producer', (proof) => ({ body: body(before(proof, { sub: 'x' })) }), /UNTOLD/],
    ['one of another log', (proof) => ({ body: body(before(proof, { iss: 'x' })) }), /UNTOLD/],
    ['garbage', () => ({ body: body('<html>') }), /UNTOLD/],
    ['our own proof', (proof) => ({ body: body(proof) }), /UNTOLD/],
    ['a newer form', (proof) => ({ body: body(before(proof, { policy: newer })) }), /\/format/],
    [
      'a member that it does not know',
      (proof) => ({ body: body(before(proof, { policy: more })) }),
      /UNTOLD unknown member at \/privileged\/export/,
    ],
    ['no', () => ({ status: 401, body: body('clock') }), /UNTOLD clock/],
    ['an older receiver', () => ({ status: 404 }), null],
    ['a busy one', () => ({ status: 503 }), null],
    [
      'a receiver without a policy',
      (proof) => ({ body: body(before(proof, { policy: null })) }),
      null,
    ],
  ])('%s', async (_what, answer, notice) => {
    const { ask, notices, policy, saved } = asking(answer)
    await ask()
    expect([policy.now, saved]).toEqual([builtIn, []])
    if (notice === null) expect(notices).toEqual([])
    else expect(notices.join()).toMatch(notice)
  })
})

test.each([
  ['a clock that is wrong', { iat: nowS - 61 }, 'CLOCK_SKEWED ours is 61 s ahead'],
  ['the end of the key', { validUntil: nowS + 3600 }, 'KEY_ENDS 2026-09-21T15:13:20.000Z'],
])('%s is told', async (_what, change, notice) => {
  const { ask, notices } = asking((proof) => ({
    body: body(answerTo(proof, { ...change, policy: null })),
  }))
  await ask()
  expect(notices).toEqual([notice])
  const calm = asking((proof) => ({
    body: body(answerTo(proof, { iat: nowS - 60, policy: null })),
  }))
  await calm.ask()
  expect(calm.notices).toEqual([])
})

describe('what is kept beside the spool', () => {
  const place = () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'grantlog-told-'))
    return { stateDir, kept: keptAnswer(stateDir, { bytesMax: 10_000, kid: 'k', origin }) }
  }
  const jws = signProducerAnswer(
    {
      ...{ audience: 'a', iat: 1, iss: origin, nonce: 'AAAAAAAAAAAAAAAAAAAAAA' },
      ...{ policy: document, sub: 'k', validUntil: 0 },
    },
    { kid: receipts.signer.name, sign: receipts.signer.sign },
  )

  test('is its owner’s alone, and in force at the next start', async () => {
    const { kept, stateDir } = place()
    expect(kept.load()).toBeNull()
    await kept.save('old')
    await kept.save(jws)
    const names = readdirSync(join(stateDir, 'told'))
    expect(names).toHaveLength(1)
    expect(statSync(join(stateDir, 'told', names[0]!)).mode & 0o777).toBe(0o600)
    expect(keptPolicy(kept.load(), trust)?.hash).toBe(hash)
  })

  test('is nothing when it is changed, too long, or another key’s', async () => {
    const { kept, stateDir } = place()
    await kept.save(jws)
    const [name] = readdirSync(join(stateDir, 'told'))
    expect(keptPolicy(jws.replace('a', 'b'), trust)).toBeNull()
    expect(keptPolicy(jws, { ...trust, kid: 'other' })).toBeNull()
    expect(keptPolicy(jws, { ...trust, verifier: noteVerifier(noteKey('x').vkey) })).toBeNull()
    writeFileSync(join(stateDir, 'told', name!), 'x'.repeat(10_001))
    expect(kept.load()).toBeNull()
  })
})

describe('over a socket', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })
  const endpointOf = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test.each<[string, RequestListener]>([
    ['hangs', () => undefined],
    ['drips', (_, response) => void response.writeHead(200).write('a')],
    ['sends ten megabytes', (_, response) => void response.end(Buffer.alloc(10_000_000, 65))],
    ['hangs up', (request) => void request.socket.destroy()],
  ])('a receiver that %s is given up, and nothing changes', async (_what, listener) => {
    const { options, policy, notices } = asking(() => ({}))
    const client = createHttpClient({
      ...{ endpoint: await endpointOf(listener), timeoutMs: 200, bytesMax: 1000 },
    })
    const ask = createAsk({ ...options, get: client.get })
    await expect(ask()).rejects.toThrow()
    client.close()
    expect([policy.now, notices]).toEqual([builtIn, []])
  })

  test('it is asked after the first turn, and not once more when it has ended', async () => {
    let count = 0
    let asked = Promise.withResolvers<void>()
    const { options } = asking(() => ({}))
    const get: FollowOptions['get'] = async () => {
      count++
      asked.resolve()
      throw new Error('ECONNREFUSED')
    }
    const unfollow = followPolicy({ ...options, get })
    expect(count).toBe(0)
    await asked.promise
    unfollow()
    asked = Promise.withResolvers()
    followPolicy({ ...options, get })()
    const last = followPolicy({ ...options, get })
    await asked.promise
    last()
    // The one that had ended before its turn did not ask.
    expect(count).toBe(2)
  })
})
