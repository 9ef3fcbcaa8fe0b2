// Bytes in flight: a request reserves before it reads and gives back when it is answered, so that
// memory is bounded whatever clients do.
import { ReceiverError } from '../codes.ts'

/** What one request holds. Errors of reserve(): RECEIVER_BUSY. */
export interface Reservation {
  reserve(bytes: number): void
  release(): void
}

/** The counter that all requests of a server share. */
export interface Admission {
  readonly inFlightBytes: number
  readonly requests: number
  enter(): Reservation
}

/** At most `limitBytes` at a time. Not a queue: who does not fit is told to come back. */
export function createAdmission(limitBytes: number): Admission {
  let inFlightBytes = 0
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
      return {
        reserve(bytes) {
          if (inFlightBytes + bytes > limitBytes) throw new ReceiverError('RECEIVER_BUSY')
          inFlightBytes += bytes
          held += bytes
        },
        release() {
          inFlightBytes -= held
          held = 0
          requests--
        },
      }
    },
  }
}
