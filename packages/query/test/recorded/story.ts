// The records whose spans and documents real servers were given; the files beside this one are what
// they answered to `POST /INDICES/_search?scroll=1m`, sorted by `_doc`:
//
//   opensearch-jaeger.json         Jaeger 2.13 before OpenSearch 2.19.1
//   opensearch-jaeger-fields.json  the same with `tags_as_fields: { all: true }`
//   elasticsearch-jaeger.json      the same before Elasticsearch 7.10.2
//   opensearch-records.json        documents of FORMAT.md 5 in OpenSearch 2.19.1
//   elasticsearch-records.json     and in Elasticsearch 7.10.2
//
// Of the first and second record only the pseudonym was forwarded, of the third everything.
import type { Frame } from '@grantlog/ledger'
import { type SlotName, slotNames } from '@grantlog/record'
import { framesOf, spanOf, type Telling } from '../producer.ts'

const story: readonly Telling[] = [
  {
    ...{ at: 0, action: 'oauth.authorize', traceId: 'a'.repeat(32), spanId: 'a1'.repeat(8) },
    attributes: {
      'oauth.client.id': 'web',
      'oauth.scope.requested': 'openid orders',
      'session.id': 'p1.9sQmY2r0T6aXb1LkVd3fHw',
      'client.address': '203.0.113.7',
    },
  },
  {
    ...{ at: 1.000001, action: 'oauth.token', outcome: 'failure', traceId: 'a'.repeat(32) },
    ...{ spanId: 'b1'.repeat(8), parentSpanId: 'a1'.repeat(8) },
    attributes: {
      'audit.producer.environment': 'test',
      'audit.producer.version': '1.2.3',
      'http.response.status_code': 9_007_199_254_740_993n,
      'oauth.client.name': 'Web “shop”: a\tb',
      'oauth.error.reason': 'refresh_reused',
      'oauth.par.used': false,
      'oauth.refresh.reuse_detected': true,
      'user.id': 'ada',
      'user.hash': 'p1.Zk3vQ0c8N1bqYw5uXJt2eg',
    },
  },
  {
    ...{ at: 2, action: 'oauth.resource_access', service: 'orders', outcome: 'denied' },
    ...{ traceId: 'c'.repeat(32), spanId: 'c1'.repeat(8) },
    attributes: {
      'client.address': '2001:db8::7',
      'client.port': 51_234n,
      'oauth.actor.chain': 'support%20agent ticket-bot',
      'oauth.token.hash': 't1.mJ2n0cV5TQ6m1s0dQ3cYxA',
      'user.id': 'ada',
      'user.hash': 'p1.Zk3vQ0c8N1bqYw5uXJt2eg',
      'user.roles': 'admin reporting_user',
    },
  },
]

/** The ledger that has them. */
export const recordedFrames: Frame[] = framesOf(story.map(spanOf), 'configured')

/** Slots that were shown of each. */
export const recordedSlots: readonly (readonly SlotName[])[] = [
  ['pseudonym'],
  ['pseudonym'],
  slotNames,
]
