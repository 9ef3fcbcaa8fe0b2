// Bytes in flight: a request reserves what it has read and gives back when it is answered, so that
// memory is bounded whatever clients do. What a client only announced is not reserved: idle sockets
// would shut out everybody.
import { ReceiverError } from '../codes.ts'
import type { Limits } from '../limits.ts'
import { BodyMemory } from './body-memory.ts'

/** What one request holds. Errors of reserve() and inflate(): RECEIVER_BUSY. */
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
  enter(): Reservation
}

/** At most so much at a time. Not a queue: who does not fit is told to come back. */
export function createAdmission(limits: Pick<Limits, 'inFlightBytes' | 'inflations'>): Admission {
  let inFlightBytes = 0
  let inflations = 0
  let requests = 0
  return {
    get inFlightBytes() {
      return inFlightBytes
    },
    get requests() {
      return requests
    },
    enter() {
      let held = 0
      requests++
      const memory = new BodyMemory()
      return {
        memory,
        reserve(bytes) {
          if (inFlightBytes + bytes > limits.inFlightBytes) throw new ReceiverError('RECEIVER_BUSY')
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
          held = 0
          requests--
        },
      }
    },
  }
}
