/**
 * Ory Hydra, by its OpenTelemetry traces, which are the only place that it tells its events in. It
 * sends them here, and they are kept before they are answered. What it does not send nobody knows:
 * see Limits in README.md, and test/peers/observed-hydra.test.ts.
 */
import { ObserveError, type Tell } from '../codes.ts'
import { openInbox, type InboxRow } from '../io/inbox.ts'
import { readSecret } from '../io/http.ts'
import { listenForSpans } from '../io/spans-server.ts'
import { pageEventsMax } from '../limits.ts'
import type { Describing, Feed, Source, SourceEvent } from '../source.ts'
import { describeSpanEvent } from './describe.ts'
import { eventsIn, type SpanEvent } from './spans.ts'

export interface HydraOptions extends Describing {
  readonly host: string
  /** 0: any free one, which OBSERVE_LISTENING tells. */
  readonly port: number
  /** A file with the token that Hydra shows as `Bearer`. */
  readonly tokenFile: string
  /** `audit.observed.service`. */
  readonly service: string
  readonly issuer: string
  readonly stateFolder: string
  readonly tell: Tell
}

/** See the head of this file. */
export function hydra(options: HydraOptions): Source {
  const { hide, host, issuer, port, service, stateFolder, tell, tokenFile } = options
  const inbox = openInbox(stateFolder)
  let server: Awaited<ReturnType<typeof listenForSpans>> | undefined
  const take = (request: Uint8Array): 200 | 503 => {
    const rows = eventsIn(request).map((event) => ({
      id: `${event.traceId}/${event.spanId}/${event.place}`,
      body: hide(Buffer.from(JSON.stringify(event))),
    }))
    try {
      if (rows.length === 0 || inbox.add(rows)) return 200
      tell('OBSERVE_INBOX_FULL', stateFolder)
    } catch (error) {
      if (!(error instanceof ObserveError)) throw error
      tell(error.code, error.message)
    }
    return 503
  }
  const feed: Feed = {
    name: 'spans',
    page: (from, skip) => {
      const events = inbox.read(from, skip, pageEventsMax).map((row) => eventOf(row, options))
      return Promise.resolve({ events, isLast: events.length < pageEventsMax })
    },
    settings: () => Promise.resolve({ isOn: true, keptMs: null, typesOff: [] }),
  }
  return {
    ...{ adapter: 'hydra', service, place: `hydra ${service}`, issuer, feeds: [feed] },
    start: async () => {
      const authorization = `Bearer ${await readSecret(tokenFile)}`
      server = await listenForSpans({ host, port, authorization, take })
      tell('OBSERVE_LISTENING', `http://${host}:${server.port}/v1/traces`)
    },
    stop: async () => {
      await server?.close()
      inbox.close()
    },
  }
}

function eventOf({ body, id, time }: InboxRow, options: HydraOptions): SourceEvent {
  const shown = options.show(body)
  const event = shown === null ? null : (JSON.parse(Buffer.from(shown).toString()) as SpanEvent)
  if (event === null) return { id, time, describe: () => unreadable }
  const { spanId, traceId } = event
  const timeUnixNano = (BigInt(event.time) / 1_000n) * 1_000n
  return {
    ...{ id, time, moment: { timeUnixNano, parent: { traceId, spanId } } },
    describe: () => describeSpanEvent(event, options),
  }
}

/** Of an event that was kept under other credentials: that it was there is all there is of it. */
const unreadable = {
  ...{ action: 'hydra.unreadable', failed: true, message: 'unreadable' },
  get attributes() {
    return new Map([
      ['audit.outcome', 'failure'],
      ['audit.observed.event', 'unreadable'],
    ])
  },
}
