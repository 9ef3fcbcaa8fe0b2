// Guarantee: a token that was verified is not believed longer than the issuer's keys are.
import { expect, test } from '@jest/globals'
import { type CryptoKey, errors, generateKeyPair, SignJWT } from 'jose'
import { createTokens, type Tokens, type TrustedIssuer } from './token.ts'

const url = 'https://as.example'
const keptMs = 600_000

interface State {
  nowMs: number
  /** Null: the issuer took it out. */
  key: CryptoKey | null
  asked: number
  /** Runs once the key is given, and before the signature is verified. */
  onFound: () => void
}

async function setup(): Promise<{ state: State; tokens: Tokens; token: string }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const state: State = { nowMs: 0, key: publicKey, asked: 0, onFound: () => undefined }
  const find: TrustedIssuer['keys']['find'] = () => {
    const { key } = state
    state.asked++
    state.onFound()
    return key === null ? Promise.reject(new errors.JWKSNoMatchingKey()) : Promise.resolve(key)
  }
  const trusted = new Map([[url, { options: { issuer: url, audience: 'us' }, keys: { find } }]])
  const tokens = createTokens(trusted, { now: () => state.nowMs, keptMs })
  const token = await new SignJWT({ client_id: 'orders', scope: 'audit:write' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(url)
    .setAudience('us')
    .setExpirationTime(86_400)
    .sign(privateKey)
  return { state, tokens, token }
}

const alone = { certificate: () => null, checkProof: null }
const refused = { code: 'RECEIVER_TOKEN_REFUSED' }

test('one that lives long is verified again, so that the issuer can take its key out', async () => {
  const { state, token, tokens } = await setup()
  await tokens.check(token, alone)
  state.nowMs = keptMs - 1
  await tokens.check(token, alone)
  expect(state.asked).toBe(1)
  state.key = null
  state.nowMs = keptMs
  await expect(tokens.check(token, alone)).rejects.toMatchObject(refused)
})

test('one whose keys changed while it was verified is not remembered', async () => {
  const { state, token, tokens } = await setup()
  state.onFound = () => {
    state.key = null
    tokens.forget()
  }
  await tokens.check(token, alone)
  await expect(tokens.check(token, alone)).rejects.toMatchObject(refused)
})
