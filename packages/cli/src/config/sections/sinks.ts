// Where records, and spans that are none, are sent on to. Secrets are named, never written: a
// header's value is in a variable or a file.
import { z } from 'zod'
import { coreKeyOf } from '@grantlog/receiver'
import { path } from './values.ts'

const secret = z
  .union(
    [
      z.strictObject({
        env: z
          .string()
          .regex(/^[A-Za-z_]\w*$/)
          .meta({ description: 'name of the variable that holds it' }),
      }),
      z.strictObject({ file: path.meta({ description: 'file that holds it', isPath: true }) }),
    ],
    { error: 'where the value is: {env: NAME} or {file: PATH}; never the value itself' },
  )
  .meta({ description: 'where the value is' })

const url = z
  .string({ error: 'a URL is text' })
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
    error: 'an http or https URL is needed',
    abort: true,
  })
  .refine((text) => URL.parse(text)!.username + URL.parse(text)!.password === '', {
    error: 'credentials in URLs are refused: name them in headersFrom',
  })

/** What each kind of sink has. */
const any = {
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

const baseUrl = url.refine((text) => URL.parse(text)!.search + URL.parse(text)!.hash === '', {
  error: 'the base URL of a server has nothing behind its path',
})

const search = { ...any, url: baseUrl.meta({ description: 'base URL of the server' }) }

const sink = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      ...any,
      type: z.literal('otlp').meta({ description: 'OTLP/HTTP: Jaeger, Tempo, a Collector' }),
      url: url.meta({ description: 'endpoint; a bare host gets /v1/traces' }),
    }),
    z.strictObject({ ...search, type: z.literal('opensearch') }),
    z.strictObject({ ...search, type: z.literal('elasticsearch') }),
    z.strictObject({
      name: any.name,
      headersFrom: any.headersFrom,
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
    }),
  ],
  { error: 'type is otlp, opensearch, elasticsearch or grantlog' },
)

/** A sink as the file says it. */
export type ConfiguredSink = z.output<typeof sink>

export const sinks = z
  .array(sink)
  .default([])
  .superRefine((all, context) => {
    for (const [at, { name }] of all.entries()) {
      if (all.findIndex((other) => other.name === name) === at) continue
      const message = 'another sink has this name: each has its own'
      context.addIssue({ code: 'custom', message, path: [at, 'name'] })
    }
  })
  .meta({ description: 'sinks; those of --forward, --opensearch and --elasticsearch are added' })
