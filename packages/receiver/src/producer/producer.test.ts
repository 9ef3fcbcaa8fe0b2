// Guarantee: only the holder of an enrolled key is told, each signed question once, what the
// operator's policy file says now; the answer is signed for that question, and a policy is a leaf
// of the log before anybody is told of it.
import { randomBytes, sign } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ed25519Verify, sha256 } from '@grantlog/ledger'
import {
  base64url,
  readPolicy,
  readPolicyChange,
  readProducerAnswer,
  signProducerProof,
} from '@grantlog/record'
import { ed25519Verifier } from '@grantlog/tlog'
import {
  enrol,
  eventually,
  type Harness,
  newData,
  rawRequest,
  startHarness,
} from '../../test/harness.ts'
import { createProducer, type Producer } from '../../test/producer.ts'

const path = '/grantlog/v1/producer'
const nowS = 1_790_000_000
const origin = 'example.com/log'
const document = { format: 'grantlog-policy-v1', routes: [{ route: '/a', scopes: ['a'] }] }
const other = { ...document, routes: [{ route: '/b' }] }
const producer = createProducer({ validUntil: nowS + 5 })
const stranger = createProducer()
const revoked = createProducer({ revoked: 'superseded' })
const ended = createProducer({ validUntil: nowS - 1 })
const early = createProducer({ validFrom: nowS + 1 })

let harness: Harness
beforeAll(async () => {
  const producers = [producer, revoked, ended, early]
  harness = await startHarness({ producers, now: () => nowS * 1000 })
})
afterAll(() => harness.close())

const nonce = (): string => base64url(randomBytes(16))

function proofOf(
  { kid, privateKey }: Producer,
  change: { aud?: string; iat?: number; jti?: string } = {},
): string {
  const claims = { aud: origin, iat: nowS, jti: nonce(), ...change }
  return signProducerProof(claims, { kid, sign: (data) => sign(null, data, privateKey) })
}

function ask(proof: string | undefined, headers: Record<string, string> = {}, to = harness) {
  const all = proof === undefined ? headers : { 'grantlog-proof': proof, ...headers }
  return rawRequest(to.receiver.otlpPort, { path, headers: all })
}

/** The answer to one, its signature checked. */
async function told(of: Harness, by: Producer = producer) {
  const jti = nonce()
  const { body, status } = await ask(proofOf(by, { jti }), {}, of)
  expect(status).toBe(200)
  const { kid, said, signature, signingInput } = readProducerAnswer(body.toString())
  const verifier = ed25519Verifier(of.ledger.receiptKey, sha256, ed25519Verify)
  expect([kid, verifier.name]).toEqual([`${origin}/receipt`, kid])
  expect(verifier.verify(signingInput, signature)).toBe(true)
  expect(said).toMatchObject({ iss: origin, nonce: jti, sub: by.kid })
  return said
}

test('an enrolled key is told its log group, its end and the time', async () => {
  expect(await told(harness)).toMatchObject({
    audience: 'default',
    iat: nowS,
    policy: null,
    validUntil: nowS + 5,
  })
})

test('limits are told to who asks for them, and to nobody else', async () => {
  expect(await told(harness)).not.toHaveProperty('limits')
  const { otlpPort } = harness.receiver
  const headers = { 'grantlog-proof': proofOf(producer) }
  const { body, headers: answered } = await rawRequest(otlpPort, {
    path: `${path}?limits=1`,
    headers,
  })
  const { said } = readProducerAnswer(body.toString())
  const limits = { batchesPerRequest: 16, bytesPerRequest: 20 * 1024 * 1024 }
  expect(said.limits).toEqual(limits)
  expect((await ask(proofOf(producer))).headers.etag).not.toBe(answered.etag)
})

describe('nobody else', () => {
  const forged = { ...stranger, kid: producer.kid }
  const used = proofOf(producer)
  test.each<[string, () => string | undefined, string]>([
    ['without a proof', () => undefined, 'no Grantlog-Proof header'],
    ['with something else', () => 'Bearer abc', 'malformed'],
    ['a stranger', () => proofOf(stranger), 'not enrolled'],
    ['with the name of another', () => proofOf(forged), 'forged'],
    ['a revoked key', () => proofOf(revoked), 'revoked'],
    ['a key that ended', () => proofOf(ended), 'not valid any more'],
    ['a key before its time', () => proofOf(early), 'not valid yet'],
    ['for another log', () => proofOf(producer, { aud: 'example.com/other' }), 'another log'],
    ['with an old clock', () => proofOf(producer, { iat: nowS - 301 }), '-301 s'],
    ['with a fast clock', () => proofOf(producer, { iat: nowS + 301 }), '301 s'],
  ])('%s', async (_who, proof, why) => {
    const { body, status } = await ask(proof())
    expect(status).toBe(401)
    expect(body.toString()).toContain(why)
  })

  test('who saw a proof; within its time each is good once', async () => {
    expect((await ask(used)).status).toBe(200)
    const again = await ask(used)
    expect([again.status, again.body.toString()]).toEqual([401, expect.stringContaining('used')])
    for (const iat of [nowS - 300, nowS + 300]) {
      expect((await ask(proofOf(producer, { iat }))).status).toBe(200)
    }
  })

  test('a web page, or another method', async () => {
    expect((await ask(proofOf(producer), { origin: 'http://localhost' })).status).toBe(403)
    const { headers, status } = await rawRequest(harness.receiver.otlpPort, {
      path,
      method: 'POST',
    })
    expect([status, headers.allow]).toEqual([405, 'GET'])
  })
})

test('what a producer has is not sent again; it proves its key all the same', async () => {
  const { headers } = await ask(proofOf(producer))
  const known = { 'if-none-match': String(headers.etag) }
  const again = await ask(proofOf(producer), known)
  expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag])
  expect((await ask(undefined, known)).status).toBe(401)
  expect((await ask(proofOf(producer), { 'if-none-match': '"x"' })).status).toBe(200)
})

test('a key that asks too often harms itself alone', async () => {
  let at = nowS
  const [often, seldom] = [createProducer(), createProducer()]
  const limits = { proofsPerKey: 2 }
  const producers = [often, seldom]
  await using own = await startHarness({ producers, limits, now: () => at * 1000 })
  const status = async (by: Producer): Promise<number> =>
    (await ask(proofOf(by, { iat: at }), {}, own)).status
  expect([await status(often), await status(often), await status(often)]).toEqual([200, 200, 503])
  expect(await status(seldom)).toBe(200)
  at += 301
  expect(await status(often)).toBe(200)
})

describe('the policy', () => {
  const hash = (of: object): string => readPolicy(JSON.stringify(of), sha256).hash
  const leavesOf = async ({ ledger }: Harness): Promise<unknown[]> => {
    const contents: unknown[] = []
    for await (const { entries } of ledger.frames(0)) {
      for (const { leaf, stored } of entries) {
        if (leaf.type !== 'policy' || stored.kind !== 'content') continue
        contents.push(readPolicyChange(stored.content, sha256).document)
      }
    }
    return contents
  }
  const readAgain = ({ events }: Harness, of: object): Promise<void> =>
    eventually(() => events.some(({ code, hash: h }) => code === 'POLICY_READ' && h === hash(of)))

  test('is told as it is in the file, follows the file, and is a leaf each time', async () => {
    const data = await newData()
    const options = { data, limits: { policyLookMs: 5 }, now: () => nowS * 1000 }
    const producers = [producer]
    const file = join(data, 'keys', 'policy.json')
    await writeFile(file, JSON.stringify(document, undefined, 2))
    {
      await using own = await startHarness({ ...options, producers })
      expect((await told(own)).policy).toEqual(document)
      const { headers } = await ask(proofOf(producer), {}, own)
      await writeFile(file, JSON.stringify(other))
      await readAgain(own, other)
      const known = { 'if-none-match': String(headers.etag) }
      expect((await ask(proofOf(producer), known, own)).status).toBe(200)
      expect((await told(own)).policy).toEqual(other)
      expect(await leavesOf(own)).toEqual([document, other])
    }
    // Neither a restart nor a file that is bad or gone makes one.
    await using own = await startHarness({ ...options, producers })
    const isSaid = (code: string) => () => own.events.some((event) => event.code === code)
    await writeFile(file, '{"format":"grantlog-policy-v1","routes":[{"route":"a"}]}')
    await eventually(isSaid('POLICY_UNREADABLE'))
    await rm(file)
    await eventually(isSaid('POLICY_GONE'))
    expect((await told(own)).policy).toEqual(other)
    expect(await leavesOf(own)).toEqual([document, other])
  })

  test('that was told once is in force without its file, and missed loudly', async () => {
    const data = await newData()
    const file = join(data, 'keys', 'policy.json')
    await writeFile(file, JSON.stringify(document))
    await (await startHarness({ data })).close()
    await rm(file)
    await using own = await startHarness({ data, now: () => nowS * 1000, producers: [producer] })
    const missed = own.events.filter(({ code }) => code === 'POLICY_GONE')
    expect(missed).toMatchObject([{ level: 'error', detail: 'policy.json is not there' }])
    expect((await told(own)).policy).toEqual(document)
  })

  test('that is not valid at the start is refused with its place and the cure', async () => {
    const data = await newData()
    const policyFile = join(data, 'mine.json')
    await writeFile(policyFile, '{"format":"grantlog-policy-v1","routes":[{"route":"a"}]}')
    const code = 'RECEIVER_POLICY_INVALID'
    const message: unknown = expect.stringMatching(
      /mine\.json:1:51: routes\[0\]\.route: not in the form it must have\. Write a path/,
    )
    await expect(startHarness({ data, policyFile })).rejects.toMatchObject({ code, message })
  })
})

test('a key that is enrolled meanwhile is told at the next look', async () => {
  const own = createProducer()
  await enrol(harness.folders, [producer, own])
  await eventually(async () => (await ask(proofOf(own))).status === 200)
})
