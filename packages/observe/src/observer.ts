/**
 * An adapter's run. Each turn: send what was signed before → look → sign what is new → keep
 * position, stream and batch in one write → send. A crash between any two of these is gone through
 * by the same code at the next start. See test/crash/observe.test.ts; test/peers/observed.test.ts
 * has real servers.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { openProducer, type Outgoing, type Producer } from '@grantlog/sdk/produce'
import { ObserveError, type Tell } from './codes.ts'
import { openStateStore, type StateStore } from './io/state-store.ts'
import {
  batchRecordsMax,
  heartbeatIntervalMs,
  lookIntervalMs,
  retryFirstMs,
  retryMaxMs,
  settingsIntervalMs,
} from './limits.ts'
import { lookAt } from './look.ts'
import type { Gap } from './position.ts'
import { eventRecord, gapRecord } from './record.ts'
import type { Describing, Feed, FeedSettings, Source } from './source.ts'
import { positionOf, readState, type State, writeState } from './state.ts'

export interface ObserverOptions {
  /** What is observed; asked for once, with the hashes of the credentials. */
  readonly source: (describing: Describing) => Source
  /** Path of the credentials file of a key of the role `observer`. */
  readonly credentials: string
  /** Where it keeps how far it is: a folder for each service. */
  readonly stateFolder: string
  readonly tell: Tell
  /** Ends the run: what is signed is kept, and the stream ended if the receiver takes it. */
  readonly signal: AbortSignal
  /** Ends when there is nothing new. */
  readonly once?: boolean
  /** Milliseconds. */
  readonly intervalMs?: number
}

type Records = Parameters<Producer['sign']>[0]

/** Rejects with ObserveError for what waiting does not mend, SdkError for the credentials. */
export async function observe(options: ObserverOptions): Promise<void> {
  const { credentials, stateFolder, tell } = options
  const producer = openProducer(credentials)
  if (!isObserver(producer))
    throw new ObserveError('OBSERVE_KEY_WRONG', `${producer.roles?.join()}`)
  const store = openStateStore(stateFolder)
  // Sockets of the SDK hold no process, and here nothing else would.
  const alive = setInterval(() => undefined, heartbeatIntervalMs)
  try {
    const onUnknown = onceEach((type) => tell('OBSERVE_TYPE_UNKNOWN', type))
    const { hashOf, hide, show } = producer
    const source = options.source({ hashOf, hide, show, onUnknown })
    await source.start?.()
    try {
      await goOn({ ...options, producer, source, store })
    } finally {
      await source.stop?.()
    }
  } finally {
    clearInterval(alive)
    producer.close()
    store.close()
  }
}

function onceEach(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>()
  return (text) => {
    if (told.has(text)) return
    told.add(text)
    tell(text)
  }
}

interface RunOptions extends Omit<ObserverOptions, 'credentials' | 'source' | 'stateFolder'> {
  readonly producer: Producer
  readonly source: Source
  readonly store: StateStore
}

async function goOn(options: RunOptions): Promise<void> {
  const { producer, signal, source, store, tell } = options
  const run = new Run(options, readState(store, source, producer))
  tell('OBSERVE_READY', source.place)
  while (!signal.aborted) {
    if (!(await run.settled())) break
    const isMore = await run.turn()
    if (isMore) continue
    if (options.once) break
    await pause(options.intervalMs ?? lookIntervalMs, signal)
  }
  await run.end()
  tell('OBSERVE_STOPPED', source.place)
}

/** What waiting may mend. */
const passing: ReadonlySet<string> = new Set(['OBSERVE_DISK_FAILING', 'OBSERVE_SOURCE_FAILING'])

/** The receiver would refuse all that another key says. */
function isObserver({ roles }: Producer): boolean {
  return roles === null || (roles.length === 1 && roles[0] === 'observer')
}

class Run {
  readonly #options: RunOptions
  #state: State
  /** What the batch that waits was signed after; null: in a run before, or it was gone back to. */
  #before: State | null = null
  #wentBack = false
  #beatAt = 0
  #failures = 0
  #hasRead = false
  readonly #settings = new Map<string, { readonly of: FeedSettings; readonly at: number }>()

  constructor(options: RunOptions, state: State) {
    this.#options = options
    this.#state = state
  }

  /** Sends what waits, as often as it takes. False: the run was ended before. */
  async settled(): Promise<boolean> {
    const { signal } = this.#options
    while (this.#state.pending !== null) {
      if (await this.#isSent(this.#state.pending)) {
        try {
          this.#keep({ ...this.#state, pending: null })
        } catch (error) {
          // It is sent once more, and known there.
          if (!(await this.#failed(error))) return false
        }
      } else if (this.#state.pending !== null && !(await this.#again())) return false
    }
    this.#failures = 0
    return !signal.aborted
  }

  /** Looks once; signs and keeps what is new. True: there is something to send, or more to read. */
  async turn(): Promise<boolean> {
    const { source } = this.#options
    let state = this.#state
    const records: Records[number][] = []
    const now = performance.now()
    const isDue = this.#beatAt === 0 || now - this.#beatAt >= heartbeatIntervalMs
    if (state.stream === null) records.push('audit.stream.start')
    else if (isDue) records.push('audit.stream.heartbeat')
    let isMore = false
    try {
      for (const feed of source.feeds) {
        const found = await this.#lookAt(feed, state, batchRecordsMax - records.length)
        records.push(...found.records)
        state = found.state
        isMore ||= found.isFull
      }
    } catch (error) {
      return this.#failed(error)
    }
    this.#failures = 0
    this.#hasRead = true
    // What is new waits; where nothing is, the time of the look goes with the next heartbeat.
    if (records.length === 0) {
      this.#state = state
      return false
    }
    try {
      this.#sign(records, state)
    } catch (error) {
      return this.#failed(error)
    }
    if (isDue) this.#beatAt = now
    return isMore || records.length > 0
  }

  /** Ends the stream, if the receiver takes it at once; else the next run goes on with it. */
  async end(): Promise<void> {
    if (this.#state.pending !== null || this.#state.stream === null) return
    this.#sign(['audit.stream.stop'], this.#state)
    const { pending } = this.#state
    if (pending !== null && (await this.#isSent(pending))) {
      this.#keep({ ...this.#state, pending: null, stream: null })
    }
  }

  #sign(records: Records, state: State): void {
    const before = this.#state
    const { batch, place } = this.#options.producer.sign(records, state.stream)
    this.#keep({ ...state, stream: place, pending: batch })
    this.#before = before
  }

  #keep(state: State): void {
    const { producer, source, store } = this.#options
    writeState(store, source, producer, state)
    this.#state = state
  }

  async #lookAt(
    feed: Feed,
    state: State,
    room: number,
  ): Promise<{ records: Records; state: State; isFull: boolean }> {
    const { source, tell } = this.#options
    if (room < 2) return { records: [], state, isFull: true }
    const settings = await this.#settingsOf(feed)
    const before = positionOf(state, feed.name)
    const look = await lookAt(feed, before, settings, room - 1)
    const isOff = state.off.includes(feed.name)
    const wasOff: Gap | null =
      isOff && settings.isOn && before.lookedAt > 0
        ? { from: before.lookedAt, until: Date.now(), reason: 'off' }
        : null
    const gap = wasOff ?? look.gap
    if (gap !== null) tell('OBSERVE_GAP', `${feed.name}: ${gap.reason}`)
    const others = state.off.filter((name) => name !== feed.name)
    // While it is off, the time of the last look stays: what is missing begins there.
    const lookedAt = settings.isOn ? look.position.lookedAt : before.lookedAt || Date.now()
    return {
      records: [
        ...(gap === null ? [] : [gapRecord(source, feed, gap)]),
        ...look.events.map((event) => eventRecord(source, event)),
      ],
      state: {
        ...state,
        positions: { ...state.positions, [feed.name]: { ...look.position, lookedAt } },
        off: settings.isOn ? others : [...others, feed.name],
      },
      isFull: look.isFull,
    }
  }

  async #settingsOf(feed: Feed): Promise<FeedSettings> {
    const known = this.#settings.get(feed.name)
    const now = performance.now()
    if (known !== undefined && now - known.at < settingsIntervalMs) return known.of
    const settings = await feed.settings()
    this.#settings.set(feed.name, { of: settings, at: now })
    const { isOn, typesOff } = settings
    const { tell } = this.#options
    if (!isOn && known?.of.isOn !== false) tell('OBSERVE_EVENTS_OFF', feed.name)
    const off = typesOff.join(' ')
    if (off !== '' && off !== known?.of.typesOff.join(' ')) tell('OBSERVE_TYPES_OFF', off)
    return settings
  }

  async #isSent(batch: Outgoing): Promise<boolean> {
    const { producer, tell } = this.#options
    try {
      const verdict = await producer.send(batch)
      if (verdict.kind === 'done' && verdict.refused === 0) {
        tell('OBSERVE_SENT', `${batch.firstSequence}+${batch.count}`)
        return true
      }
      if (verdict.kind !== 'again' && verdict.reason.includes('CONFLICT') && this.#goBack()) {
        tell('OBSERVE_STATE_OLD', verdict.reason)
        return false
      }
      tell(verdict.kind === 'again' ? 'OBSERVE_SEND_FAILING' : 'OBSERVE_REFUSED', verdict.reason)
    } catch (error) {
      tell('OBSERVE_SEND_FAILING', error instanceof Error ? error.message : String(error))
    }
    return false
  }

  /**
   * The receiver has other records under these numbers: the state is a copy from before. What was
   * read for them is read again, for a stream of its own. Once: the word of it is nobody's.
   */
  #goBack(): boolean {
    if (this.#before === null || this.#wentBack) return false
    this.#keep({ ...this.#before, stream: null, pending: null })
    this.#before = null
    this.#wentBack = true
    return true
  }

  /** Waits after a failure of the service; true: look again. */
  async #failed(error: unknown): Promise<boolean> {
    if (!(error instanceof ObserveError)) throw error
    // A secret that is being changed stops no run, and a wrong one should not begin one.
    const isPassing = error.code === 'OBSERVE_ACCESS' && this.#hasRead
    if (!passing.has(error.code) && !isPassing) throw error
    this.#options.tell(error.code, error.message)
    return this.#again()
  }

  /** Waits twice as long each time; false: the run was ended. */
  async #again(): Promise<boolean> {
    const { signal } = this.#options
    const ms = Math.min(retryMaxMs, retryFirstMs * 2 ** this.#failures++)
    await pause(ms, signal)
    return !signal.aborted
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined)
}
