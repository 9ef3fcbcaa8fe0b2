// Bytes in flight: a request reserves what it has read and gives back when it is answered, so that
// memory is bounded whatever clients do. What a client only announced is not reserved: idle sockets
// would shut out everybody.
import { ReceiverError } from '../codes.ts'
import type { Caller } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { BodyMemory } from './body-memory.ts'
import { provenSender } from './sender.ts'

/** What one request holds. Errors: RECEIVER_BUSY; of reserve() RECEIVER_CALLER_BUSY, too. */
export interface Reservation {
  /** Where its body is put together; gone when it is released. */
  readonly memory: BodyMemory
  reserve(bytes: number): void
  /** Runs `work` as one of the few that inflate at a time. */
  inflate<T>(work: () => Promise<T>): Promise<T>
  release(): void
}

/** The counter that all requests of a server share. */
export interface Admission {
  readonly inFlightBytes: number
  readonly requests: number
  /** `caller` is one whose share is bounded, if he is known by more than his address. */
  enter(caller?: Caller): Reservation
}

/** At most so much at a time. Not a queue: who does not fit is told to come back. */
export function createAdmission(
  limits: Pick<Limits, 'callerInFlightBytes' | 'callerInflations' | 'inFlightBytes' | 'inflations'>,
): Admission {
  let requests = 0
  const bytes = createShared(limits.inFlightBytes, limits.callerInFlightBytes)
  const inflations = createShared(limits.inflations, limits.callerInflations)
  return {
    get inFlightBytes() {
      return bytes.taken
    },
    get requests() {
      return requests
    },
    enter(caller) {
      let held = 0
      const sender = caller === undefined ? null : provenSender(caller)
      requests++
      const memory = new BodyMemory()
      return {
        memory,
        reserve(more) {
          bytes.take(sender, more)
          held += more
        },
        async inflate(work) {
          inflations.take(sender, 1)
          try {
            return await work()
          } finally {
            inflations.give(sender, 1)
          }
        },
        release() {
          memory.release()
          bytes.give(sender, held)
          held = 0
          requests--
        },
      }
    },
  }
}

/** What all share, and of which one sender has only so much. */
interface Shared {
  readonly taken: number
  /** Errors: RECEIVER_BUSY, RECEIVER_CALLER_BUSY; then nothing is taken. */
  take(sender: string | null, count: number): void
  give(sender: string | null, count: number): void
}

/** A sender with nothing costs no memory. */
function createShared(most: number, mostOfSender: number): Shared {
  const ofSenders = new Map<string, number>()
  let taken = 0
  return {
    get taken() {
      return taken
    },
    take(sender, count) {
      if (taken + count > most) throw new ReceiverError('RECEIVER_BUSY')
      if (sender !== null) {
        const next = (ofSenders.get(sender) ?? 0) + count
        if (next > mostOfSender) throw new ReceiverError('RECEIVER_CALLER_BUSY')
        ofSenders.set(sender, next)
      }
      taken += count
    },
    give(sender, count) {
      taken -= count
      if (sender === null) return
      const left = (ofSenders.get(sender) ?? 0) - count
      if (left > 0) ofSenders.set(sender, left)
      else ofSenders.delete(sender)
    },
  }
}
