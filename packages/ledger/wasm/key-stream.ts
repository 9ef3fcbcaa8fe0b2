// Enciphering many short texts under the keys of many people: for each key the round keys, made
// once. Which key has which place, and for how long, is for src/commit/key-stream.ts to know.
import { decipher, expandKey, scheduleBytes } from './aes'

/** Keys that have a place; one that has lost it gets another. */
export const placesMax: i32 = 4096
/** Bytes of texts that are enciphered before anybody has taken them. */
export const textBytesMax: i32 = 65536

/** The 32 bytes of the key that is to get a place. */
export const STREAM_KEY: usize = memory.data(32, 16)
/** The first counter. */
export const NONCE: usize = memory.data(16, 16)
/** Texts, in place of which is written what they are enciphered to. */
export const TEXT: usize = memory.data(65536 + 48, 16)

const SCHEDULES: usize = memory.data(4096 * 240, 16)

/** Makes the round keys of STREAM_KEY, which is nowhere else afterwards. */
export function putKey(place: i32): void {
  expandKey(STREAM_KEY, SCHEDULES + scheduleBytes * place)
  memory.fill(STREAM_KEY, 0, 32)
}

/** What was destroyed must not be used on: of the first so many places. */
export function dropKeys(places: i32): void {
  memory.fill(SCHEDULES, 0, scheduleBytes * places)
}

/** Enciphers, or deciphers, a text; writes over up to 47 bytes behind it. */
export function applyStream(place: i32, text: usize, length: i32): void {
  decipher(SCHEDULES + scheduleBytes * place, NONCE, text, length, text)
}
