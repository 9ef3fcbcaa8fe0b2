// Bytes in flight: a request reserves what it has read and gives back when it is answered, so that
// memory is bounded whatever clients do. What a client only announced is not reserved: idle sockets
// would shut out everybody.
import { ReceiverError } from '../codes.ts'
import type { Caller } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { BodyMemory } from './body-memory.ts'

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
  limits: Pick<Limits, 'callerInFlightBytes' | 'inFlightBytes' | 'inflations'>,
): Admission {
  let inFlightBytes = 0
  let inflations = 0
  let requests = 0
  const shares = createShares(limits.callerInFlightBytes)
  return {
    get inFlightBytes() {
      return inFlightBytes
    },
    get requests() {
      return requests
    },
    enter(caller) {
      let held = 0
      const share = shares.of(caller)
      requests++
      const memory = new BodyMemory()
      return {
        memory,
        reserve(bytes) {
          if (inFlightBytes + bytes > limits.inFlightBytes) throw new ReceiverError('RECEIVER_BUSY')
          share?.add(bytes)
          inFlightBytes += bytes
          held += bytes
        },
        async inflate(work) {
          if (inflations >= limits.inflations) throw new ReceiverError('RECEIVER_BUSY')
          inflations++
          try {
            return await work()
          } finally {
            inflations--
          }
        },
        release() {
          memory.release()
          inFlightBytes -= held
          share?.add(-held)
          held = 0
          requests--
        },
      }
    },
  }
}

interface Share {
  /** Errors: RECEIVER_CALLER_BUSY, and nothing is added. */
  add(bytes: number): void
}

/** Of those who hold something; a caller with nothing in flight costs no memory. */
function createShares(mostBytes: number): { of(caller: Caller | undefined): Share | null } {
  const held = new Map<string, number>()
  return {
    of(caller) {
      if (caller === undefined || !isAuthenticated(caller)) return null
      const key = `${caller.proof} ${caller.name}`
      return {
        add(bytes) {
          const next = (held.get(key) ?? 0) + bytes
          if (next > mostBytes && bytes > 0) throw new ReceiverError('RECEIVER_CALLER_BUSY')
          if (next > 0) held.set(key, next)
          else held.delete(key)
        },
      }
    },
  }
}

function isAuthenticated({ proof }: Caller): boolean {
  return proof === 'certificate' || proof === 'token'
}
