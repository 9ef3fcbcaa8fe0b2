// Where records, and spans that are none, are sent on to. Secrets are named, never written: a
// header's value is in a variable or a file.
import { z } from 'zod'
import { coreKeyOf } from '@grantlog/receiver/settings'
import { ATTR } from '@grantlog/record'
import { descriptions } from '@grantlog/record/described'
import { certificates } from './certificates.ts'
import { secret, url, urlOf } from './secrets.ts'

const otlpUrl = urlOf(/^(https?|grpcs?):$/, 'an http, https, grpc or grpcs URL is needed')

/** How a sink of OTLP is sent to. */
const sent = {
  compression: z
    .enum(['none', 'gzip', 'zstd'], { error: 'none, gzip or zstd' })
    .default('none')
    .meta({ description: 'of what is sent; worth it over a network, not on one machine' }),
  tls: certificates,
}

/** The registry's own. */
const outcomes = [...(descriptions.get(ATTR.AUDIT_OUTCOME)?.values.keys() ?? [])]

const filter = z
  .strictObject({
    outcomes: z
      .array(z.enum(outcomes, { error: `an outcome is one of ${outcomes.join(', ')}` }))
      .min(1)
      .optional()
      .meta({ description: 'audit.outcome is one of these' }),
    actions: z
      .array(z.string().regex(/^[a-z_.]+\*?$/, { error: 'an action, or the start of one and *' }))
      .min(1)
      .optional()
      .meta({ description: 'audit.action is one of these; `oauth.token.*` is a start' }),
  })
  .optional()
  .meta({ description: 'which records it gets; with one no spans that are none' })

/** What each kind of sink has. */
const every = {
  name: z
    .string({ error: 'a sink has a name' })
    .regex(/^[a-z0-9-]{1,64}$/, { error: 'a name of a sink is a-z, 0-9 and -, 64 at most' })
    .meta({ description: 'names its offset and dead letters: keep it for good' }),
  headersFrom: z
    .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/), secret)
    .default({})
    .meta({ description: 'headers of each request, and where their values are' }),
  personalData: z
    .enum(['pseudonymised', 'full'], { error: 'pseudonymised or full' })
    .default('pseudonymised')
    .meta({ description: 'what it gets of personal slots' }),
}

function isReceiptKey(text: string): boolean {
  try {
    coreKeyOf(text)
    return true
  } catch {
    return false
  }
}

/** Given up one by one, by hand; more are the sign of another fault. */
const abandonMax = 10_000

const baseUrl = url.refine((text) => URL.parse(text)!.search + URL.parse(text)!.hash === '', {
  error: 'the base URL of a server has nothing behind its path',
})

const search = { ...every, filter, url: baseUrl.meta({ description: 'base URL of the server' }) }

const sink = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      ...every,
      ...sent,
      filter,
      type: z.literal('otlp').meta({ description: 'OTLP: Jaeger, Tempo, a Collector' }),
      url: otlpUrl.meta({
        description: 'endpoint; over HTTP a bare host gets /v1/traces; grpc://HOST:PORT is gRPC',
      }),
    }),
    z.strictObject({ ...search, type: z.literal('opensearch') }),
    z.strictObject({ ...search, type: z.literal('elasticsearch') }),
    z.strictObject({
      name: every.name,
      headersFrom: every.headersFrom,
      ...sent,
      type: z.literal('grantlog').meta({
        description: 'another receiver: records as they were signed, against its receipts',
      }),
      url: url.meta({ description: 'its OTLP/HTTP endpoint; a bare host gets /v1/traces' }),
      receiptKey: z
        .string({ error: 'receiptKey is the line in keys/receipt.vkey of that receiver' })
        .refine(isReceiptKey, {
          error: 'receiptKey is the line in keys/receipt.vkey of that receiver',
        })
        .meta({ description: "that receiver's keys/receipt.vkey, from elsewhere than the URL" }),
      origin: z
        .string({ error: 'the origin of the log there, the first line of its checkpoint' })
        .optional()
        .meta({
          description: "of the log there, its own or a tenant's; must be that of receiptKey",
        }),
      abandon: z
        .array(z.int({ error: 'an index of a record in this log' }).min(0))
        .max(abandonMax, { error: `at most ${abandonMax} records are given up` })
        .optional()
        .meta({ description: 'indexes of records that it is not to get; each is a dead letter' }),
    }),
  ],
  { error: 'type is otlp, opensearch, elasticsearch or grantlog' },
)

/** What is pinned twice is pinned once: null when it is. */
function originTrouble({
  origin,
  receiptKey,
}: {
  origin?: string | undefined
  receiptKey: string
}) {
  if (origin === undefined || !isReceiptKey(receiptKey)) return null
  const { origin: keys } = coreKeyOf(receiptKey)
  return keys === origin ? null : `receiptKey is of the log ${keys}: take that of ${origin}`
}

/** A sink as the file says it. */
export type ConfiguredSink = z.output<typeof sink>

export const sinks = z
  .array(sink)
  .default([])
  .superRefine((all, context) => {
    for (const [at, sink] of all.entries()) {
      const wrong = sink.type === 'grantlog' ? originTrouble(sink) : null
      if (wrong !== null) context.addIssue({ code: 'custom', message: wrong, path: [at, 'origin'] })
      const { name } = sink
      if (all.findIndex((other) => other.name === name) === at) continue
      const message = 'another sink has this name: each has its own'
      context.addIssue({ code: 'custom', message, path: [at, 'name'] })
    }
  })
  .meta({ description: 'sinks; those of --forward, --opensearch and --elasticsearch are added' })
