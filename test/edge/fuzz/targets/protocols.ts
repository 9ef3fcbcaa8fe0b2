// The forms that requests come in before they are protobuf: JSON, compressed, framed by gRPC; and
// the signals besides traces: log records up to what is committed of them, and metrics.
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { openLog, openLogSlot } from '@grantlog/record'
import {
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTraceRequest,
  done,
} from '@grantlog/record/otlp'
import type { Signal } from '../../../../packages/receiver/src/flow.ts'
import { LIMITS } from '../../../../packages/receiver/src/limits.ts'
import { createPreparer } from '../../../../packages/receiver/src/logs/prepare.ts'
import { createSignatureCheck } from '../../../../packages/receiver/src/logs/signature.ts'
import { createAdmission } from '../../../../packages/receiver/src/receive/admission.ts'
import { type Form, protobufOf } from '../../../../packages/receiver/src/receive/form.ts'
import { frameOf } from '../../../../packages/receiver/src/grpc-wire.ts'
import { messageIn } from '../../../../packages/receiver/src/receive/grpc.ts'
import { type Encoding, inflate } from '../../../../packages/receiver/src/receive/io/inflate.ts'
import type { TargetSource } from '../target.ts'

const attributes = [
  { key: 'audit.record.id', value: { stringValue: '01990000-0000-7000-8000-000000000000' } },
  { key: 'n', value: { intValue: '-9223372036854775808' } },
  { key: 'd', value: { doubleValue: 'NaN' } },
  { key: 'l', value: { arrayValue: { values: [{ boolValue: true }, { bytesValue: 'AAE=' }] } } },
  { key: 'm', value: { kvlistValue: { values: [{ key: 'é', value: {} }] } } },
]
const scope = { name: '@grantlog/sdk', version: '1', attributes }
const traces = {
  resourceSpans: [
    {
      resource: { attributes },
      scopeSpans: [
        {
          scope,
          spans: [
            {
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId: '00f067aa0ba902b7',
              name: 'oauth.token',
              kind: 2,
              startTimeUnixNano: '1790000000000000000',
              endTimeUnixNano: 1790000000002000000,
              attributes,
              events: [{ name: 'e', timeUnixNano: '1' }],
              links: [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7' }],
              status: { code: 1, message: '\ud83d\ude00' },
            },
          ],
        },
      ],
    },
  ],
}
const logRecords = [
  { timeUnixNano: '1', severityNumber: 9, body: { stringValue: 'x' }, attributes },
]
const logs = { resourceLogs: [{ resource: {}, scopeLogs: [{ scope, logRecords }] }] }
const dataPoints = [{ timeUnixNano: '1', asInt: '3', attributes }, { asDouble: 0.5 }]
const data = [
  { name: 'a', unit: 'By', gauge: { dataPoints } },
  { name: 'b', sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } },
  {
    name: 'c',
    histogram: { dataPoints: [{ count: '2', bucketCounts: ['1', 1], explicitBounds: [1] }] },
  },
]
const metrics = { resourceMetrics: [{ scopeMetrics: [{ scope, metrics: data }] }] }

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
const right = {
  traces: protobufAtOnce(json(traces), 'json', 'traces'),
  logs: protobufAtOnce(json(logs), 'json', 'logs'),
  metrics: protobufAtOnce(json(metrics), 'json', 'metrics'),
}
const { logs: logsBody, metrics: metricsBody, traces: tracesBody } = right
const packed: Readonly<Record<Encoding, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
}

const prepare = createPreparer({
  checkSignature: createSignatureCheck([]),
  idSecret: new Uint8Array(32),
})

/** What is made of any log record is what an audit takes again. */
function readLogs(input: Uint8Array): void {
  const { logs: read, passThrough } = decodeLogsRequest(input)
  for (const log of read()) {
    const made = prepare(log, { name: 'fuzz', proof: 'none' })
    if (typeof made === 'string') continue
    openLog(made.sealed.canonical)
    for (const { opening, slot } of made.sealed.openings) openLogSlot(opening, slot)
  }
  if (passThrough !== null && decodeLogsRequest(passThrough).auditLogs > 0) {
    throw new Error('an audit log record was passed through')
  }
}

function protobufAtOnce(body: Uint8Array, form: Form, signal: Signal): Uint8Array {
  return done(protobufOf(body, form, signal))
}

export const protocolTargets: readonly TargetSource[] = [
  {
    name: 'otlp-json',
    open: () => ({
      seeds: [json(traces), json(logs), json(metrics)],
      read(input) {
        const text = Buffer.from(input).toString()
        const signal = text.includes('Logs') ? 'logs' : text.includes('Metr') ? 'metrics' : 'traces'
        const body = protobufAtOnce(input, 'json', signal)
        // What is read as JSON is JSON, and what comes of it is a request.
        JSON.parse(text)
        if (signal === 'traces') decodeTraceRequest(body)
        else if (signal === 'metrics') decodeMetricsRequest(body)
        else readLogs(body)
      },
    }),
  },
  {
    name: 'logs-request',
    open: () => ({
      seeds: [logsBody],
      read: readLogs,
    }),
  },
  {
    name: 'metrics-request',
    open: () => ({
      seeds: [metricsBody],
      read: (input) => void decodeMetricsRequest(input),
    }),
  },
  ...(Object.keys(packed) as Encoding[]).map((encoding) => ({
    name: `body-${encoding}`,
    share: 0.1,
    open: () => ({
      seeds: [
        packed[encoding](tracesBody),
        Buffer.concat([packed[encoding](tracesBody), packed[encoding](logsBody)]),
        packed[encoding](new Uint8Array(100_000)),
      ],
      async read(input: Uint8Array) {
        const admission = createAdmission(LIMITS)
        const reservation = admission.enter()
        const body = inflate(Buffer.from(input), encoding, { limits: LIMITS, reservation })
        await body.finally(reservation.release)
        if (admission.inFlightBytes !== 0) throw new Error('bytes are in flight still')
      },
    }),
  })),
  {
    name: 'grpc-message',
    open: () => ({
      seeds: [frameOf(tracesBody), frameOf(new Uint8Array())],
      read: (input) => void messageIn(Buffer.from(input)),
    }),
  },
]
