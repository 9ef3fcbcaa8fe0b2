// A tracing backend, as small as it gets: takes OTLP/HTTP protobuf and remembers the spans. Prints
// its port as a JSON line. GET /spans shows them; --verbose prints their names.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { decodeTraceRequest } from '@grantlog/record/otlp'

interface SeenSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  /** What the receiver says of it: a hint, no evidence. */
  readonly verdict: unknown
}

const verbose = process.argv.includes('--verbose')
/** By span id: a receiver that did not get our answer sends again. */
const spans = new Map<string, SeenSpan>()

async function take(request: IncomingMessage): Promise<void> {
  for (const { spans: audited } of decodeTraceRequest(await buffer(request)).groups) {
    for (const each of audited) {
      if ('error' in each) throw each.error
      const { name, spanId, traceId } = each.span
      spans.set(spanId, { name, traceId, spanId, verdict: each.unsigned['grantlog.verdict'] })
      if (verbose) process.stdout.write(`${name} ${traceId}\n`)
    }
  }
}

const server = createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/spans') {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ count: spans.size, spans: [...spans.values()] }))
    return
  }
  take(request).then(
    // An empty ExportTraceServiceResponse: all taken.
    () => response.setHeader('content-type', 'application/x-protobuf').end(),
    (error: unknown) => response.writeHead(400).end(String(error)),
  )
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
