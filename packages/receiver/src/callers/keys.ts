// The keys of one issuer. They serve while the issuer does not answer, and it is asked at most once
// in a while, whatever key ids strangers write into their tokens: jose's own remote set asks a dead
// issuer again for each of them (decision 020). See keys.test.ts.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { ReceiverError } from '../codes.ts'
import type { Log } from '../flow.ts'
import { MAX_ISSUER_KEYS } from '../caller-limits.ts'
import type { Limits } from '../limits.ts'

export interface KeysOptions {
  readonly issuer: string
  /** JSON of the JWK Set. */
  readonly fetch: () => Promise<unknown>
  /** The keys are others than before. */
  readonly onChange: () => void
  readonly limits: Pick<Limits, 'issuerCooldownMs' | 'issuerKeepMs' | 'issuerRefreshMs'>
  readonly uptimeMs: () => number
  readonly log: Log
}

export interface IssuerKeys {
  /**
   * The key of a token. Errors: RECEIVER_ISSUER_UNREACHABLE when nobody can say whether there is
   * one; jose's own when the issuer has none.
   */
  readonly find: JWTVerifyGetKey
  /** Asks for them before the first token comes. Never rejects. */
  warm(): Promise<void>
}

type LocalKeys = ReturnType<typeof createLocalJWKSet>

export function issuerKeys(options: KeysOptions): IssuerKeys {
  const { issuer, limits, log, uptimeMs } = options
  let keys: LocalKeys | null = null
  let text = ''
  let readMs = -Infinity
  let askedMs = -Infinity
  let asking: Promise<LocalKeys> | undefined
  let isTold = false

  async function ask(): Promise<LocalKeys> {
    try {
      const set = readSet(await options.fetch())
      const read = JSON.stringify(set)
      keys = createLocalJWKSet(set)
      readMs = uptimeMs()
      isTold = false
      if (read !== text) {
        text = read
        options.onChange()
        log({ code: 'ISSUER_KEYS_READ', level: 'info', issuer, keys: set.keys.length })
      }
      return keys
    } catch (error) {
      if (!isTold) {
        isTold = true
        log({ code: 'ISSUER_UNREACHABLE', level: 'error', issuer, detail: reasonOf(error) })
      }
      throw unreachable()
    }
  }

  /** Joins a question under way; none is asked so soon after another. */
  function askAgain(): Promise<LocalKeys> {
    if (asking !== undefined) return asking
    const now = uptimeMs()
    if (now - askedMs < limits.issuerCooldownMs) {
      return Promise.reject(unreachable())
    }
    askedMs = now
    asking = ask().finally(() => (asking = undefined))
    return asking
  }

  async function current(): Promise<LocalKeys> {
    const age = uptimeMs() - readMs
    if (keys === null || age > limits.issuerKeepMs) return await askAgain()
    if (age > limits.issuerRefreshMs) void askAgain().catch(() => undefined)
    return keys
  }

  return {
    async find(header, token) {
      const held = await current()
      try {
        return await held(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        // It may be a new key.
        return await (
          await askAgain()
        )(header, token)
      }
    },
    async warm() {
      await askAgain().catch(() => undefined)
    },
  }
}

/** Errors: RECEIVER_ISSUER_UNREACHABLE, with what is wrong. */
function readSet(json: unknown): JSONWebKeySet {
  const list = (json as { keys?: unknown } | null)?.keys
  if (!Array.isArray(list)) throw unreachable('its keys are not a JWK Set')
  if (list.length > MAX_ISSUER_KEYS) throw unreachable(`it has over ${MAX_ISSUER_KEYS} keys`)
  return { keys: list as JSONWebKeySet['keys'] }
}

function unreachable(detail?: string): ReceiverError {
  return new ReceiverError('RECEIVER_ISSUER_UNREACHABLE', detail)
}

/** fetch() says why only in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause, message } = error
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? `${message}: ${code}` : message
}
