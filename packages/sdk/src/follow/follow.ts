// Follows the policy that the receiver has for us: asked at the start, when the service has had its
// first turn, and then each minute. Nothing waits for the answer, and whatever it is, the service
// goes on under the policy it has. See follow.test.ts.
import { randomBytes } from 'node:crypto'
import {
  PolicyError,
  type ProducerAnswer,
  type ProducerLimits,
  producerPath,
  producerQuery,
  signProducerProof,
} from '@grantlog/record'
import { clockSkewToldS, followIntervalMs, keyEndToldS } from '../limits.ts'
import { messageOf, type Notify } from '../notice.ts'
import type { ChangingPolicy } from '../policy-in-force.ts'
import { openAnswer, policyIn, type Trust } from './answer.ts'
import type { KeptAnswer } from './io/kept.ts'

/** Answer of one GET; names of headers in lower case. */
export interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

export interface FollowOptions {
  readonly trust: Trust
  readonly sign: (signingInput: Uint8Array) => Uint8Array
  /** Bounded in time and bytes; rejects for more. */
  readonly get: (path: string, headers: Record<string, string>) => Promise<Got>
  readonly kept: Pick<KeptAnswer, 'save'>
  readonly policy: ChangingPolicy
  /** Told of what a request may have. */
  readonly onLimits: (limits: ProducerLimits) => void
  /** GRANTLOG_POLICY names a file: that one stays in force. */
  readonly isLocal: boolean
  readonly notify: Notify
  /** Unix milliseconds. */
  readonly nowMs: () => number
}

/** Follows from the next turn on; gives what ends it. Its timer never keeps the process alive. */
export function followPolicy(options: FollowOptions): () => void {
  const ask = createAsk(options)
  let isStopped = false
  let timer = setTimeout(run, 0).unref()

  function run(): void {
    void ask()
      .catch(() => undefined)
      .finally(() => {
        // Not all at the same moment, after a restart of them all.
        const waitMs = followIntervalMs * (0.9 + 0.2 * Math.random())
        if (!isStopped) timer = setTimeout(run, waitMs).unref()
      })
  }

  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}

/** One question and what comes of it. Rejects when there was no answer, of which others tell. */
export function createAsk(options: FollowOptions): () => Promise<void> {
  const { get, kept, nowMs, notify, sign, trust } = options
  const apply = createApply(options)
  const path = `${producerPath}?${producerQuery}`
  let etag = ''

  return async () => {
    const jti = randomBytes(16).toString('base64url')
    const claims = { aud: trust.origin, iat: Math.floor(nowMs() / 1000), jti }
    const proof = signProducerProof(claims, { kid: trust.kid, sign })
    const known = etag === '' ? {} : { 'if-none-match': etag }
    const { body, headers, status } = await get(path, { 'grantlog-proof': proof, ...known })
    if (status === 401) notify('POLICY_UNTOLD', textIn(body))
    if (status !== 200) return
    const jws = Buffer.from(body).toString('latin1')
    const answer = openAnswer(jws, trust)
    if (answer?.nonce !== jti) {
      notify('POLICY_UNTOLD', 'the answer is not signed for this question by the receipt key')
      return
    }
    const isRead = apply(answer)
    const { etag: now } = headers
    if (typeof now === 'string') etag = now
    if (isRead) await kept.save(jws)
  }
}

/** Whether there was a policy in it that can be read. */
function createApply({
  isLocal,
  notify,
  nowMs,
  onLimits,
  policy,
}: FollowOptions): (answer: ProducerAnswer) => boolean {
  return (answer) => {
    const aheadS = Math.round(nowMs() / 1000 - answer.iat)
    if (Math.abs(aheadS) > clockSkewToldS) {
      const way = aheadS > 0 ? 'ahead' : 'behind'
      notify('CLOCK_SKEWED', `ours is ${Math.abs(aheadS)} s ${way}`)
    }
    const { limits, validUntil } = answer
    if (limits !== undefined) onLimits(limits)
    if (validUntil !== 0 && validUntil - answer.iat < keyEndToldS) {
      notify('KEY_ENDS', new Date(validUntil * 1000).toISOString())
    }
    try {
      const told = policyIn(answer)
      if (told === null) return false
      if (told.hash === policy.now.hash) return true
      if (!isLocal) policy.change(told)
      notify(isLocal ? 'POLICY_LOCAL' : 'POLICY_CHANGED', told.hash)
      return true
    } catch (error) {
      // Of a newer form than this SDK knows: the one before stays in force.
      if (!(error instanceof PolicyError)) throw error
      notify('POLICY_UNTOLD', messageOf(error))
      return false
    }
  }
}

/** The message of a google.rpc.Status, roughly: it is for people. */
function textIn(body: Uint8Array): string {
  return Buffer.from(body.subarray(0, 300))
    .toString('latin1')
    .replace(/[^ -~]+/g, ' ')
    .trim()
}
