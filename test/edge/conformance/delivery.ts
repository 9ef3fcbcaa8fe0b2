import { encodeTraceRequest } from '@grantlog/record/otlp'
import { jsonOfProtobuf } from '../../../packages/record/test/otlp-json.ts'
import type { Harness } from '../../../packages/receiver/test/harness.ts'
import {
  logsBody,
  logsJson,
  metricsBody,
  metricsJson,
} from '../../../packages/receiver/test/other-signals.ts'
import {
  encodeSpans,
  type Producer,
  recordSpan,
  recordSpans,
  signSpans,
} from '../../../packages/receiver/test/producer.ts'
import { DATA_POINTS, type Delivery } from './sender.ts'

const plainScope = { name: 'http', version: '1', attributes: [] }
const logs = [{ a: '1' }, { b: '2' }]

/** The same for every sender, with signatures of its own. */
export function deliveryTo({ receiver }: Harness, producer: Producer): Delivery {
  const signed = recordSpans(3)
  const batch = signSpans(producer, signed)
  const plain = { ...recordSpan(9), attributes: new Map([['http.route', '/a']]) }
  const traces = Buffer.concat([
    encodeSpans(signed, batch),
    encodeTraceRequest([{ resource: [], scope: plainScope, spans: [plain] }]),
  ])
  return {
    httpUrl: `http://127.0.0.1:${receiver.otlpPort}`,
    grpcPort: receiver.grpcPort!,
    producer,
    signed,
    plain,
    evidence: {
      'audit.integrity.value': batch.jws,
      'audit.integrity.algorithm': 'Ed25519',
      'audit.integrity.digests': batch.digests,
    },
    bodies: { traces, logs: logsBody(...logs), metrics: metricsBody(DATA_POINTS) },
    json: {
      traces: JSON.stringify(jsonOfProtobuf(traces, 'TraceRequest')),
      logs: logsJson(...logs),
      metrics: metricsJson(DATA_POINTS),
    },
  }
}
