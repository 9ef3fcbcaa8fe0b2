// What test/peers adds to test/edge/CONFORMANCE.md: tables of rows that are tests of this folder.
import { betweenRows } from './between-rows.ts'
import {
  collectorProtocols,
  rowsOf,
  sdks,
  type StockRow,
  telemetrygenProtocols,
} from './stock-rows.ts'

const intro = `## Stock senders

Each line is a test of \`npm run test:peers\`, telemetrygen's with \`-- --all\`: a program of that
SDK, a receiver process, and a sink behind it. Three requests, 25 items of each signal. *All* is:
each item came to the sink once, its ids, times and attributes as they were made, and the SDK was
told of no failure. Busy is 503 with \`Retry-After\`, or \`UNAVAILABLE\` with \`RetryInfo\`. What
an SDK gives up it says in its own log, and the receiver never had it: a Collector beside the
service waits instead.
`

const betweenIntro = `## A Collector between

Each line is a test of \`npm run test:peers\`: 40 signed spans through a real Collector with this
processor. With all of these in the pipeline *traces/rest* of
[collector-config/collector-in-front](../../collector-config/collector-in-front) all 40 are
verified, and there are no gaps.
`

/** The tables as Markdown. */
export function peersTables(): string {
  const stock = [
    ...sdks.flatMap(rowsOf).map(stockCells),
    ...collectorCells(),
    ...telemetrygenCells(),
  ]
  const between = betweenRows.map(({ processor, does, seen }) => [processor, does, seen])
  const heads = ['Sender', 'Protocol', 'Compression', 'Receiver', 'Signals', 'Seen']
  return [
    ...[intro, tableOf(heads, stock)],
    ...[betweenIntro, tableOf(['Processor', 'What it does to audit spans', 'Seen'], between)],
  ].join('\n')
}

function stockCells({ compression, isLost, protocol, sender, state }: StockRow): string[] {
  const signals = state === 'not there at first' || isLost ? 'traces' : 'traces, logs, metrics'
  return [sender, protocol, compression, state, signals, isLost ? 'lost: it gives up' : 'all']
}

function collectorCells(): string[][] {
  return collectorProtocols.flatMap((protocol) =>
    ['busy at first', 'not there at first'].map((state) => [
      ...['OpenTelemetry Collector 0.161.0', protocol, 'gzip', state, 'traces', 'all'],
    ]),
  )
}

function telemetrygenCells(): string[][] {
  const rest = ['none', 'ready', 'traces, logs, metrics', 'as many as made, none twice']
  return telemetrygenProtocols.map((protocol) => ['telemetrygen 0.161.0', protocol, ...rest])
}

function tableOf(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [heads, heads.map(() => '---'), ...lines]
  return `${all.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}
