// What producers send: export requests, through all that reads them before anything is committed.
import { canonicalize, REGISTRY_VERSION } from '@grantlog/record'
import { decodeTraceRequest, done } from '@grantlog/record/otlp'
import { sha256 } from '@grantlog/ledger'
import { LIMITS } from '../../../../packages/receiver/src/limits.ts'
import { createVerifier } from '../../../../packages/receiver/src/verify/verify.ts'
import {
  createProducer,
  plainBody,
  recordSpans,
  signedBody,
} from '../../../../packages/receiver/test/producer.ts'
import { ed25519PublicKey } from '@grantlog/ledger'
import { jcsBytes, type JsonValue } from '@grantlog/record'
import type { TargetSource } from '../target.ts'

const producer = createProducer()
const right = [
  signedBody(producer, recordSpans(3)),
  signedBody(producer, recordSpans(1, 3)),
  plainBody(),
]

export const bodyTargets: readonly TargetSource[] = [
  {
    name: 'trace-request',
    open: () => ({
      seeds: right,
      read(input) {
        const { groups, passThrough } = decodeTraceRequest(input)
        for (const { spans } of groups) {
          for (const span of spans) if (!('error' in span)) canonicalOf(span.span)
        }
        // What is passed on is a request again, and nothing of it is ours.
        if (passThrough !== null && decodeTraceRequest(passThrough).groups.length > 0) {
          throw new Error('an audit span was passed through')
        }
      },
    }),
  },
  {
    name: 'verify',
    open() {
      const { enrolment, kid } = producer
      const key = {
        kid,
        enrolment,
        publicKey: ed25519PublicKey(Buffer.from(enrolment.publicKey, 'base64url')),
        content: jcsBytes(enrolment as unknown as JsonValue),
      }
      const signed = new Set<string>()
      const verify = createVerifier({
        ...LIMITS,
        lookup: (asked) => (asked === kid ? key : undefined),
        now: () => 1_790_000_000_000,
      })
      const digests = (body: Uint8Array): string[] => {
        const verified = done(verify(decodeTraceRequest(body).groups))
        const all = verified.batches.flatMap(({ records }) =>
          records.map(({ digest }) => Buffer.from(digest).toString('hex')),
        )
        verified.release()
        return all
      }
      for (const body of right) for (const digest of digests(body)) signed.add(digest)
      return {
        seeds: right,
        read(input) {
          if (digests(input).some((digest) => !signed.has(digest))) {
            throw new Error('a record that nobody signed was taken')
          }
        },
      }
    },
  },
]

function canonicalOf(span: Parameters<typeof canonicalize>[0]): void {
  canonicalize(span, { registry: REGISTRY_VERSION, sha256 })
}
