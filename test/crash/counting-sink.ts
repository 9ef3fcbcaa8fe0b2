// An OTLP sink that counts how often each record came, and answers when it is told to.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeTraceRequest } from '@grantlog/record/otlp'

export interface CountingSink {
  readonly url: string
  /** How often each record came, by its index. */
  readonly taken: Map<string, number>
  /** Requests that are answered when they are released. */
  readonly held: (() => void)[]
  hold: boolean
  /** What it answers; only with 200 it counts. */
  status: number
  /** Resolves once `ready` holds, asked after each request. */
  until(ready: () => boolean): Promise<void>
  close(): Promise<void>
}

export async function startCountingSink(): Promise<CountingSink> {
  const checks = new Set<() => void>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const groups = sink.status === 200 ? decodeTraceRequest(Buffer.concat(chunks)).groups : []
      for (const { spans } of groups) {
        for (const span of spans) {
          if ('error' in span) throw span.error
          const { stringValue } = span.unsigned['grantlog.index'] as { stringValue: string }
          sink.taken.set(stringValue, (sink.taken.get(stringValue) ?? 0) + 1)
        }
      }
      if (sink.hold) sink.held.push(() => response.writeHead(sink.status).end())
      else response.writeHead(sink.status).end()
      for (const check of checks) check()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const sink: CountingSink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    taken: new Map(),
    held: [],
    hold: false,
    status: 200,
    until: (ready) =>
      new Promise((resolve) => {
        const check = (): void => void (ready() && resolve())
        checks.add(check)
        check()
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return sink
}
