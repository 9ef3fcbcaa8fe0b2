// The console beside a receiver: a process of its own, so that no acknowledgement waits for a
// search, behind the receiver's admin port. See test/console.test.ts.
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as ask,
  type ServerResponse,
} from 'node:http'
import { pipeline } from 'node:stream'
import { growingFlag } from './heap.ts'
import { type KeptProcess, keptProcess } from './kept-process.ts'
import type { ReceiverEvent } from './log-codes.ts'

export interface ConsoleProcessOptions {
  /** Arguments of `grantlog console`, without its port. */
  readonly args: readonly string[]
  readonly log: (event: ReceiverEvent) => void
}

export interface ConsoleProcess {
  /** Passes a request on to the console, and its answer back. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void
  /** Its metrics, in Prometheus' format; empty while it is not there, or too slow. */
  readonly metrics: () => Promise<string>
  /** Starts it; the receiver can be asked at `receiverUrl` from now on. */
  start(receiverUrl: string): void
  stop(): Promise<void>
}

/**
 * MiB of half its young generation: an index is columns, and what it is made from dies at once.
 * With the 16 that V8 takes beside a full load the process has 40 to 60 MiB more, and takes no less
 * time. A heap that may grow freely takes a sixth less, for it lives on 25 MiB (decision 017).
 */
const youngMib = 4

/** What `grantlog console` says to the process that started it. */
export interface ConsoleReady {
  readonly port: number
}

export function consoleProcess({ args, log }: ConsoleProcessOptions): ConsoleProcess {
  let kept: KeptProcess | undefined
  let port: number | undefined

  function start(receiverUrl: string): void {
    const flags = ['--port', '0', '--receiver', receiverUrl, '--json', ...args]
    const own = keptProcess({
      args: ['console', ...flags],
      execArgv: [`--max-semi-space-size=${youngMib}`, growingFlag],
      onMessage: (ready) => {
        port = (ready as ConsoleReady).port
        own.isSound()
        log({ code: 'CONSOLE_READY', level: 'info', url: receiverUrl })
      },
      onEnd: (exit, againMs) => {
        port = undefined
        if (againMs !== null) log({ code: 'CONSOLE_ENDED', level: 'warn', exit, againMs })
      },
    })
    kept = own
    own.start()
  }

  return {
    answer: (request, response) => {
      if (port === undefined) refuse(response)
      else passOn({ request, response, port })
    },
    metrics: () => (port === undefined ? Promise.resolve('') : metricsAt(port)),
    start,
    stop: async () => await kept?.stop(),
  }
}

/** A scrape has its own time, and gets what there is. */
const metricsMs = 2_000

async function metricsAt(port: number): Promise<string> {
  try {
    const signal = AbortSignal.timeout(metricsMs)
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal })
    return answer.ok ? await answer.text() : ''
  } catch {
    return ''
  }
}

function passOn({
  port,
  request,
  response,
}: {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly port: number
}): void {
  const { headers, method, url: path } = request
  const own = { host: '127.0.0.1', port, method, path, headers: endToEnd(headers) }
  const passed = ask(own, (answer) => {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers))
    // An answer that breaks off breaks off here, too: a page with a live stream comes again.
    pipeline(answer, response, () => undefined)
  })
  passed.once('error', () => refuse(response))
  // Whoever goes away is not waited for: a live stream would go on for ever.
  response.once('close', () => passed.destroy())
  request.pipe(passed)
}

/** Headers of one connection only (RFC 9110 7.6.1). */
const hopByHop: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  'upgrade',
])

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)))
}

function refuse(response: ServerResponse): void {
  if (response.headersSent) return void response.destroy()
  const title = 'the console is starting'
  const problem = { code: 'CONSOLE_STARTING', title, status: 503, fix: 'Try again in a second.' }
  const headers = { 'content-type': 'application/problem+json', 'retry-after': '1' }
  response.writeHead(503, { ...headers, 'cache-control': 'no-store' })
  response.end(JSON.stringify(problem))
}
