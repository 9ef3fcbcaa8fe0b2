// Signed webhooks, as Standard Webhooks has them (spec/standard-webhooks.md, version 1): the id,
// the time and the body are signed by HMAC-SHA256 under a secret that both have. See
// channels.test.ts.
import { createHmac } from 'node:crypto'
import type { FindingLevel } from '@grantlog/ledger'
import { type Channel, type Notice, pageOf, recordsOf } from './channel.ts'

export interface WebhookOptions {
  readonly name: string
  readonly url: string
  readonly level: FindingLevel
  /** 24 to 64 bytes. */
  readonly secret: Uint8Array
  readonly consoleUrl?: string | undefined
}

/** Bytes that the specification has for a secret. */
const secretBytes = { least: 24, most: 64 }
const prefix = 'whsec_'

/** The secret of a text such as `whsec_…` (base64); null for what is none. */
export function secretOf(text: string): Uint8Array | null {
  const encoded = text.trim()
  if (!encoded.startsWith(prefix)) return null
  const secret = Buffer.from(encoded.slice(prefix.length), 'base64')
  return secret.length >= secretBytes.least && secret.length <= secretBytes.most ? secret : null
}

export function webhook({ consoleUrl, level, name, secret, url }: WebhookOptions): Channel {
  return {
    ...{ name, type: 'webhook', url, level, kinds: ['found', 'again', 'status'], noticesMax: 1 },
    request: ([notice], now) => {
      if (notice === undefined) return Promise.resolve(null)
      const body = JSON.stringify(payloadOf(notice, consoleUrl))
      const id = `${notice.finding.id}.${notice.index}`
      const timestamp = String(Math.floor(now / 1_000))
      const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`)
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature.digest('base64')}`,
      }
      return Promise.resolve({ headers, body })
    },
  }
}

function payloadOf({ finding, index, kind }: Notice, consoleUrl: string | undefined): object {
  const { at, changes, count, group, id, lastAt, madeAt, rule, status, times, words } = finding
  const happenedAt = kind === 'found' ? madeAt : (changes.at(-1)?.madeAt ?? lastAt)
  return {
    type: `finding.${kind}`,
    timestamp: new Date(kind === 'again' ? lastAt : happenedAt).toISOString(),
    data: {
      ...{ id, leaf: finding.index, newestLeaf: index, rule, words, status, times, count },
      group: Object.fromEntries(group),
      firstAt: new Date(at).toISOString(),
      lastAt: new Date(lastAt).toISOString(),
      records: recordsOf(consoleUrl, finding),
      url: pageOf(consoleUrl, finding),
      decision: changes.at(-1) ?? null,
    },
  }
}
