// Where the measured programs forward to: takes everything and counts the spans of each path.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { wireFields } from '@grantlog/record/otlp'

export interface SpanSink {
  /** Base URL, without a slash at its end; each program has a path of its own. */
  readonly url: string
  readonly spans: (path: string) => number
  readonly requests: (path: string) => number
  /** Resolves once so many spans came by the path; rejects when none came for a minute. */
  readonly until: (path: string, spans: number) => Promise<void>
  readonly close: () => Promise<void>
}

const patienceMs = 60_000

export async function startSpanSink(): Promise<SpanSink> {
  const taken = new Map<string, { spans: number; requests: number }>()
  const checks = new Set<() => void>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { requests, spans } = taken.get(request.url!) ?? { requests: 0, spans: 0 }
      const more = countSpans(Buffer.concat(chunks))
      taken.set(request.url!, { requests: requests + 1, spans: spans + more })
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      for (const check of checks) check()
    })
  })
  // Exporters keep their connections between rounds.
  server.keepAliveTimeout = patienceMs
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const spans = (path: string): number => taken.get(path)?.spans ?? 0
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests: (path) => taken.get(path)?.requests ?? 0,
    until: (path, count) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const late = (): void => reject(new Error(`${path}: ${spans(path)} of ${count} spans came`))
      let timer = setTimeout(late, patienceMs)
      const check = (): void => {
        clearTimeout(timer)
        if (spans(path) >= count) return resolve()
        timer = setTimeout(late, patienceMs)
      }
      checks.add(check)
      check()
      return promise.finally(() => checks.delete(check))
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Spans of an ExportTraceServiceRequest; nothing of them is read. */
export function countSpans(body: Uint8Array): number {
  let spans = 0
  for (const resource of wireFields(body)) {
    if (resource.number !== 1) continue
    for (const scope of wireFields(resource.bytes)) {
      if (scope.number !== 2) continue
      for (const { number } of wireFields(scope.bytes)) if (number === 2) spans++
    }
  }
  return spans
}
